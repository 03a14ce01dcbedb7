import { apiLogger, apiSettingsSchema, startApi } from "@sequitur/api";
import { parseSettings, simulate } from "@sequitur/simulate";
import { openWorld } from "@sequitur/simulator";
import { createApiKey, openStore, readInteractions, readSlates } from "@sequitur/store";
import { expect, onTestFinished, test } from "vitest";
import { scratchFolder } from "./program.fixture.js";

const USERS = 30;

async function running() {
  const store = await openStore({ clock: Date.now });
  const logger = apiLogger("silent", () => undefined);
  const settings = apiSettingsSchema.parse({ syncSeconds: 0.2, requestsPerSecondPerAddress: 100_000 });
  const api = await startApi({ store, settings, logger });
  onTestFinished(async () => {
    await api.close();
    await store.close();
  });
  return { store, url: api.url };
}

test(
  "simulated users speak to a running API as real ones do: it knows them, shows slates, and is told of every click",
  { timeout: 120_000 },
  async () => {
    const { store, url } = await running();
    const { secret } = await createApiKey(store, { name: "people", scopes: ["serve", "ingest", "catalog"] });
    const settings = parseSettings(
      {
        world: { kind: "city", city: { size: "tiny" }, historyDays: 20 },
        users: USERS,
        days: 3,
        warmup: { days: 2 },
        slate: 5,
        seeds: 1,
        behaviour: { delayHours: 0, windowHours: 1 },
        arms: ["api", "random"],
        api: { url, policy: { kind: "epsilon-greedy", epsilon: 0.3 } },
      },
      "test",
    );
    const report = await simulate(settings, { out: await scratchFolder(), apiKey: secret });
    expect(report.arms.map(({ error }) => error)).toEqual([null, null]);
    expect(JSON.stringify(report)).not.toContain(secret);

    const world = await openWorld(settings.world, { users: USERS, days: 5, seed: 1 });
    const from = world.start + 2 * 86_400_000;
    const asked = world.visits.times.filter((time) => time >= from).length;
    const slates = await readSlates(store);
    expect(slates.length).toBe(asked);
    expect(report.arms[0]!.log!.positions).toBe(5 * asked);
    // History, warm-up clicks and clicks on the API's own slates, whose outcomes are known by the start of the last day.
    const events = await readInteractions(store);
    const clicked = slates.flatMap(({ impressions }) => impressions.flatMap(({ feedback }) => feedback)).length;
    const all = report.arms[0]!.measures!.clicks.mean;
    expect(clicked).toBeGreaterThan(0);
    expect(clicked).toBeLessThanOrEqual(all);
    expect(events.size).toBeGreaterThanOrEqual(world.history.size + clicked);
    expect(events.catalog.items.size).toBe(world.catalog.items.size);
  },
);

test("a key that is not good for it fails that arm and no other", { timeout: 60_000 }, async () => {
  const { store, url } = await running();
  const { secret } = await createApiKey(store, { name: "reader", scopes: ["serve"] });
  const settings = { world: "latent", users: 20, days: 2, warmup: { days: 1 }, slate: 3, seeds: 1, api: { url } };
  const report = await simulate(parseSettings({ ...settings, arms: ["random", "api"] }, "test"), {
    out: await scratchFolder(),
    apiKey: secret,
  });
  expect(report.arms.map(({ error }) => error)).toEqual([null, expect.stringContaining("/v1/items answered 403")]);
});
