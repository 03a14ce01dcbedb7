import { NONE, Random, selectSlates } from "@sequitur/core";
import { decodeArtifact, encodeArtifact } from "@sequitur/recommender";
import { conforms, hitRate, noise, plantedSequences } from "@sequitur/recommender/conforms";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { slateGruConfig } from "./config.js";
import { holdOut } from "./hold-out.js";
import { latentWorld } from "./latent-world.fixture.js";
import { slateGru } from "./slate-gru.js";

const quick = { width: 4, epochs: 4, batchSize: 8, validation: 0 };
conforms(slateGru, { config: quick });

const size = { users: 400, items: 30, groups: 6, steps: 15, length: 6, oracleShare: 0.5 };
const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
/** log P of the choices in held-out slates if only the share of no-clicks were known. */
function uninformed(clicks: Int32Array, length: number): number {
  const share = clicks.filter((click) => click !== NONE).length / clicks.length;
  return share * Math.log(share / length) + (1 - share) * Math.log(1 - share);
}

describe("slate-gru on slates", () => {
  it.each(["linear", "gru"] as const)(
    "learns the planted choices, near the truth, with the %s state",
    async (state) => {
      const { log, truth } = latentWorld(size, 1);
      const held = holdOut(log, { validation: 0, test: 0.3 }, new Random("test"));
      const config = slateGruConfig.parse({ width: 2, state, batchSize: 64, learningRate: 0.1 });
      const model = await slateGru.fitSlates(held.train, config, { random: new Random(2) });
      const chance = uninformed(
        held.test.map((row) => log.clicks[row]!),
        size.length,
      );
      const best = mean(Float64Array.from(held.test, (row) => truth[row]!));
      const found = mean(model.logLikelihood(log, held.test));
      // The truth knows each user's first state; a model has to learn it from the clicks.
      expect((found - chance) / (best - chance)).toBeGreaterThan(0.55);
    },
  );

  it("learns nothing from choices that follow nothing", async () => {
    const { log } = latentWorld({ ...size, noise: true }, 1);
    const held = holdOut(log, { validation: 0, test: 0.3 }, new Random("test"));
    const config = slateGruConfig.parse({
      width: 2,
      state: "linear",
      batchSize: 64,
      learningRate: 0.1,
      temperature: 1,
    });
    const model = await slateGru.fitSlates(held.train, config, { random: new Random(2) });
    const chance = uninformed(
      held.test.map((row) => log.clicks[row]!),
      size.length,
    );
    const found = mean(model.logLikelihood(log, held.test));
    expect(found).toBeLessThan(chance + 0.01);
    expect(found).toBeGreaterThan(chance - 0.1);
  });

  it("resumes a cancelled fit to the same bits, and refuses another run's checkpoint", async () => {
    const { log } = latentWorld({ ...size, users: 60 }, 2);
    const config = slateGruConfig.parse({ width: 2, epochs: 8, batchSize: 16, validation: 0.2 });
    const whole = await slateGru.fitSlates(log, config, { random: new Random(3) });
    const dir = await mkdtemp(join(tmpdir(), "slate-gru-"));
    try {
      const stop = new AbortController();
      const run = { random: new Random(3), checkpointDir: dir };
      const report = ({ done }: { done: number }) => done === 5 && stop.abort();
      const cancelled = slateGru.fitSlates(log, config, { ...run, signal: stop.signal, report });
      await expect(cancelled).rejects.toMatchObject({ code: "cancelled" });
      const reports: number[] = [];
      const resumed = await slateGru.fitSlates(log, config, { ...run, report: ({ done }) => reports.push(done) });
      expect(reports[0]).toBe(6);
      expect(encodeArtifact(resumed.save())).toEqual(encodeArtifact(whole.save()));
      const other = slateGru.fitSlates(log, config, { ...run, random: new Random(4) });
      await expect(other).rejects.toMatchObject({ code: "bad-artifact" });
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  it("keeps everything through an artifact, and refuses a tensor of another shape", async () => {
    const { log } = latentWorld({ ...size, users: 30 }, 2);
    const config = slateGruConfig.parse({ width: 3, epochs: 2, samples: 2, score: "dot", prior: "flat" });
    const model = await slateGru.fitSlates(log, config, { random: new Random(3) });
    const artifact = decodeArtifact(encodeArtifact(model.save()), "test");
    const loaded = slateGru.load(artifact);
    const rows = Int32Array.from({ length: log.size }, (_, row) => row);
    expect(loaded.logLikelihood(log, rows)).toEqual(model.logLikelihood(log, rows));
    const broken = new Map(artifact.tensors).set("items/scale", { shape: [1], data: new Float32Array(1) });
    expect(() => slateGru.load({ ...artifact, tensors: broken })).toThrow(
      "tensor items/scale must be Float32Array [30,3]",
    );
  });

  it("refuses an empty log", async () => {
    const { log } = latentWorld({ ...size, users: 5 }, 2);
    const run = { random: new Random(1) };
    const none = selectSlates(log, new Int32Array(0));
    await expect(slateGru.fitSlates(none, slateGruConfig.parse({}), run)).rejects.toThrow(
      "slate-gru needs a slate or more, got none.",
    );
  });
});

describe("slate-gru on plain interactions", () => {
  it("learns planted sequences better than chance, and nothing from noise", async () => {
    const config = slateGruConfig.parse({ width: 8, batchSize: 32, validation: 0, learningRate: 0.05, epochs: 40 });
    const planted = plantedSequences(new Random("planted"));
    const model = await slateGru.fit(planted.train, config, { random: new Random(1) });
    expect(hitRate(model, planted, 3)).toBeGreaterThan(0.4);
    const chance = noise(new Random("noise"));
    const fitted = await slateGru.fit(chance.train, { ...config, epochs: 10 }, { random: new Random(1) });
    expect(hitRate(fitted, chance, 3)).toBeLessThan(0.25);
  });
});

it("explains clicks on slates that promote some items better by what was shown than by the whole catalogue", async () => {
  const { log } = latentWorld({ ...size, users: 600, oracleShare: 0, promotion: 1.5 }, 4);
  const held = holdOut(log, { validation: 0, test: 0.3 }, new Random("test"));
  const likelihoodOf = async (likelihood: "slate" | "all-item") => {
    const config = slateGruConfig.parse({
      width: 2,
      state: "linear",
      batchSize: 64,
      learningRate: 0.1,
      epochs: 30,
      likelihood,
    });
    return mean(
      (await slateGru.fitSlates(held.train, config, { random: new Random(2) })).logLikelihood(log, held.test),
    );
  };
  expect((await likelihoodOf("slate")) - (await likelihoodOf("all-item"))).toBeGreaterThan(0.02);
});
