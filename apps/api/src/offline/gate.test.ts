import { loadRecommender } from "@sequitur/builtin";
import { interactionsFrom, type Random, type Interactions } from "@sequitur/core";
import { cityConfigSchema, generateCity } from "@sequitur/data";
import type { Recommender } from "@sequitur/recommender";
import { eachStore } from "@sequitur/store/testing";
import { importInteractions, listModelVersions, type Store } from "@sequitur/store";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { trainFromStore, type TrainedVersion } from "./train-from-store.js";
import type { Validation } from "./validate-version.js";

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "sequitur-gate-"))));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** markov under another name, fitted on the same visits at times that were dealt out anew. */
async function load(name: string): Promise<Recommender> {
  if (name !== "shuffled") return loadRecommender(name);
  const base = await loadRecommender("markov");
  return { ...base, name, fit: (train, config, run) => base.fit(shuffledTimes(train, run.random), config, run) };
}

function shuffledTimes(train: Interactions, random: Random): Interactions {
  const { catalog, users, items } = train;
  return interactionsFrom(catalog, { users, items, times: random.shuffle(train.times.slice()), context: {} });
}

eachStore((engine) => {
  let store: Store;
  beforeAll(async () => {
    store = await engine.open();
    const city = cityConfigSchema.parse({ size: "tiny", users: 300, places: 300, months: 3 });
    const { interactions } = await generateCity(city);
    await importInteractions(store, interactions, { source: "city" });
  });
  const train = async (model: string, force = false): Promise<TrainedVersion> => {
    const how = { store, artifactsDir: folder, seed: 1, codeVersion: "test", activate: true, fallbacks: false };
    return (await trainFromStore({ ...how, model, force, load }))[0]!;
  };

  it("refuses a version fitted on shuffled times, lets a better one answer, and yields to force", async () => {
    expect(await train("popularity")).toMatchObject({ active: true, refused: null });
    const better = await train("markov");
    expect(better).toMatchObject({ active: true, refused: null });
    const { metrics, validation, fit } = better.version;
    const { rows, worseThan, questions } = validation as unknown as Validation;
    expect(rows.map(({ role }) => role)).toEqual(["this version", "popularity", "active version"]);
    expect(rows[1]!.lead!.low).toBeGreaterThan(0);
    expect({ worseThan, fit }).toMatchObject({ worseThan: [], fit: { codeVersion: "test", seed: 1 } });
    expect(questions).toBeGreaterThan(50);
    expect(metrics["ndcg@10"]).toBe(rows[0]!.measures["ndcg@10"]!.mean);

    const worse = await train("shuffled");
    expect(worse).toMatchObject({ active: false, refused: expect.stringContaining("than the active version") });
    expect((await listModelVersions(store, "shuffled"))[0]!.validation).toMatchObject({ questions });
    expect(await train("popularity")).toMatchObject({ active: false });
    expect(await train("popularity", true)).toMatchObject({ active: true, refused: null });
    expect(await train("markov")).toMatchObject({ active: true, refused: null });
  }, 120_000);
});
