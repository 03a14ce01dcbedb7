import { apiClient, apiLogger, apiSettingsSchema, startApi, trainFromStore } from "@sequitur/api";
import { openDataset } from "@sequitur/data";
import { createApiKey, importInteractions, openStore } from "@sequitur/store";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "sequitur-story-"))));
afterAll(() => rm(folder, { recursive: true, force: true }));

it(
  "imports, trains, serves, is told what people did, and the next version answers by it",
  { timeout: 180_000 },
  async () => {
    const store = await openStore({ clock: Date.now });
    const city = { size: "tiny", users: 40, places: 100, months: 3 };
    const { interactions } = await openDataset({ name: "city", datasetsDir: "../datasets", options: city });
    await importInteractions(store, interactions, { source: "city" });
    const train = { store, model: "markov", artifactsDir: folder, seed: 1, codeVersion: "test" };
    const [first] = await trainFromStore({ ...train, activate: true, fallbacks: true });

    const logger = apiLogger("silent", () => undefined);
    const api = await startApi({ store, settings: apiSettingsSchema.parse({ syncSeconds: 0.2 }), logger });
    const { secret } = await createApiKey(store, { name: "story", scopes: ["serve", "ingest"] });
    const { v1 } = apiClient(api.url, secret);
    const userId = interactions.catalog.users.ids[0]!;
    const shown = await v1.slates.$post({ json: { userId, k: 5, policy: { kind: "softmax" } } });
    if (!shown.ok) throw new Error(await shown.text());
    const slate = await shown.json();
    expect(slate).toMatchObject({ servedBy: "model", model: { name: "markov", versionId: first!.version.versionId } });
    expect(slate.items).toHaveLength(5);

    const { itemId } = slate.items[2]!;
    const reaction = { requestId: slate.requestId, itemId, kind: "visit" };
    const told = await v1.feedback.$post({ json: { feedback: [reaction] } });
    expect(await told.json()).toMatchObject({ accepted: 1 });
    // From here on, everybody who was at the shown place goes to a new one.
    const events = Array.from({ length: 200 }, (_, n) => [
      { eventId: `a${n}`, userId: `new-${n}`, itemId, time: Date.now() - 1_000 },
      { eventId: `b${n}`, userId: `new-${n}`, itemId: "opened-today", time: Date.now() - 500 },
    ]).flat();
    expect(await (await v1.events.$post({ json: { events } })).json()).toMatchObject({ accepted: 400 });

    const [second] = await trainFromStore({ ...train, activate: true, fallbacks: false });
    expect(second!.version.versionId).not.toBe(first!.version.versionId);
    const ask = async () => {
      const response = await v1.recommendations.$post({ json: { history: [{ itemId }], k: 1 } });
      if (!response.ok) throw new Error(await response.text());
      return response.json();
    };
    let answer = await ask();
    for (let wait = 0; wait < 100 && answer.model?.versionId !== second!.version.versionId; wait++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      answer = await ask();
    }
    expect(answer.model?.versionId).toBe(second!.version.versionId);
    expect(answer.items[0]!.itemId).toBe("opened-today");
    await api.close();
    await store.close();
  },
);
