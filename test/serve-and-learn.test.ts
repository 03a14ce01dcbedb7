import { apiClient, apiLogger, apiSettingsSchema, startApi, trainFromStore } from "@sequitur/api";
import type { Interactions } from "@sequitur/core";
import { openDataset } from "@sequitur/data";
import { createApiKey, importInteractions, readSlates, type Store } from "@sequitur/store";
import { eachStore } from "@sequitur/store/testing";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, it } from "vitest";
import { scratchFolder } from "./program.fixture.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const copies = process.env["SEQUITUR_DATASETS"] ?? join(root, "../shared/datasets");
/** The real check-ins where there is a copy (SEQUITUR_DATASETS names the folder), else a generated city. */
const nyc = join(copies, "foursquare-nyc");
const source = existsSync(nyc)
  ? { name: "foursquare-nyc", from: nyc }
  : { name: "city", options: { size: "tiny", users: 40, places: 100, months: 3 } };

const NEWCOMERS = 1_000;

eachStore((engine) => {
  let store: Store;
  let log: Interactions;
  beforeAll(async () => {
    store = await engine.open();
    log = (await openDataset({ ...source, datasetsDir: join(root, "datasets") })).interactions;
  }, 300_000);

  it(
    `imports ${source.name}, trains, serves, is told what people did, and the next version answers by it`,
    { timeout: 600_000 },
    async () => {
      const imported = await importInteractions(store, log, { source: source.name });
      expect(imported).toMatchObject({ rows: log.size, added: log.size });
      const folder = await scratchFolder();
      const train = { store, model: "markov", artifactsDir: folder, seed: 1, codeVersion: "test" };
      const [first] = await trainFromStore({ ...train, activate: true, fallbacks: true });

      const logger = apiLogger("silent", () => undefined);
      const api = await startApi({
        store,
        settings: apiSettingsSchema.parse({ artifactsDir: folder, syncSeconds: 0.2 }),
        logger,
      });
      const { secret } = await createApiKey(store, { name: "story", scopes: ["serve", "ingest", "catalog"] });
      const { v1 } = apiClient(api.url, secret);
      const userId = log.catalog.users.ids[0]!;
      const shown = await v1.slates.$post({ json: { userId, k: 5, policy: { kind: "softmax" } } });
      if (!shown.ok) throw new Error(await shown.text());
      const slate = await shown.json();
      expect(slate).toMatchObject({
        servedBy: "model",
        model: { name: "markov", versionId: first!.version.versionId },
      });

      const { itemId } = slate.items[2]!;
      const reaction = { requestId: slate.requestId, itemId, kind: "visit" };
      const told = await v1.feedback.$post({ json: { feedback: [reaction] } });
      expect(await told.json()).toMatchObject({ accepted: 1 });
      const versionId = first!.version.versionId;
      expect((await readSlates(store)).at(-1)).toMatchObject({
        requestId: slate.requestId,
        userId,
        impressions: slate.items.map(({ itemId: item, propensity }, position) => ({
          itemId: item,
          position,
          propensity,
          policy: "softmax",
          modelVersion: versionId,
          feedback: position === 2 ? [{ kind: "visit", value: 1 }] : [],
        })),
      });

      // An item that events alone name is not recommended; this one is in the catalogue.
      await v1.items.$post({ json: { items: [{ itemId: "opened-today" }] } });
      // From here on, everybody who was at the shown place goes to a new one.
      const events = Array.from({ length: NEWCOMERS }, (_, n) => [
        { eventId: `a${n}`, userId: `new-${n}`, itemId, time: Date.now() - 1_000 },
        { eventId: `b${n}`, userId: `new-${n}`, itemId: "opened-today", time: Date.now() - 500 },
      ]).flat();
      expect(await (await v1.events.$post({ json: { events } })).json()).toMatchObject({ accepted: 2 * NEWCOMERS });

      const ask = async () => {
        const response = await v1.recommendations.$post({ json: { history: [{ itemId }], k: 1 } });
        if (!response.ok) throw new Error(await response.text());
        return response.json();
      };
      expect((await ask()).items[0]!.itemId).not.toBe("opened-today");
      const [second] = await trainFromStore({ ...train, activate: true, fallbacks: false });
      expect(second!.version.versionId).not.toBe(first!.version.versionId);
      await expect
        .poll(async () => (await ask()).model?.versionId, { timeout: 20_000 })
        .toBe(second!.version.versionId);
      expect((await ask()).items[0]!.itemId).toBe("opened-today");
      await api.close();
    },
  );
});
