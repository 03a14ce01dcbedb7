import { eachStore } from "@sequitur/store/testing";
import { beforeAll, expect, it } from "vitest";
import { circleEvents, testApi, type TestApi } from "./api.fixture.js";

const START = Date.UTC(2026, 0, 5);
const idsOf = (slate: { items: { itemId: string }[] }): string[] => slate.items.map(({ itemId }) => itemId);

eachStore((engine) => {
  let api: TestApi;
  let popularity: number;
  beforeAll(async () => {
    api = await testApi(await engine.open({ clock: () => START + 86_400_000 }));
    await api.call("POST", "/v1/events", { events: circleEvents(12, 6, 10, START) });
    await api.serve(await api.fit("markov"));
    popularity = (await api.register(await api.fit("popularity"))).versionId;
    return () => api.serving.stop();
  });

  it("shows an answer with its history and steps, and records nothing", async () => {
    const { status, body } = await api.call("POST", "/v1/previews", {
      ask: { userId: "u1", k: 2, excludeSeen: false },
    });
    expect(status).toBe(200);
    expect(idsOf(body.slate)[0]).toBe("i5");
    expect(body.knownUser).toBe(true);
    expect(body.history.at(-1)).toMatchObject({ itemId: "i4", role: "positive" });
    expect(body.steps).toEqual([
      { step: "catalogue", items: 6 },
      { step: "filter", items: 6 },
      { step: "unwanted", items: 6 },
      { step: "model", items: 6 },
      { step: "pool", items: 6 },
      { step: "shown", items: 2 },
    ]);
    const feedback = [{ requestId: body.slate.requestId, itemId: "i5", kind: "click" }];
    expect((await api.call("POST", "/v1/feedback", { feedback })).body.accepted).toBe(0);
    expect((await api.call("GET", "/v1/overview")).body.day.requests).toBe(0);
  });

  it("counts what filters take away", async () => {
    const ask = { userId: "u1", k: 2, filter: { deny: ["i5", "i0"] }, policy: { kind: "softmax" }, pool: 3 };
    const { body } = await api.call("POST", "/v1/previews", { ask });
    const left = Object.fromEntries(
      body.steps.map(({ step, items }: { step: string; items: number }) => [step, items]),
    );
    expect(left).toEqual({ catalogue: 6, filter: 4, unwanted: 4, model: 4, pool: 3, shown: 2 });
    expect(body.slate.items[0].propensity).toBeLessThan(1);
  });

  it("asks any version, and refuses one that is not there", async () => {
    const { body } = await api.call("POST", "/v1/previews", { ask: { userId: "u1", k: 1 }, versionId: popularity });
    expect(body.slate.model).toEqual({ name: "popularity", versionId: popularity });
    expect((await api.call("POST", "/v1/previews", { ask: { userId: "u1" }, versionId: 999 })).status).toBe(404);
  });

  it("answers by another history: events left out, items added", async () => {
    const { body: now } = await api.call("POST", "/v1/previews", { ask: { userId: "u1", k: 1 } });
    const { itemId, time } = now.history.at(-1);
    const without = [{ itemId, time }];
    const { body: left } = await api.call("POST", "/v1/previews", { ask: { userId: "u1", k: 1 }, change: { without } });
    expect(idsOf(left.slate)).toEqual(["i4"]);
    expect(left.history).toHaveLength(now.history.length - 1);
    const change = { add: ["i1"] };
    const { body: added } = await api.call("POST", "/v1/previews", { ask: { userId: "u1", k: 1 }, change });
    expect(idsOf(added.slate)).toEqual(["i2"]);
  });

  it("lets a dislike that is left out no longer keep its item out", async () => {
    const events = [{ eventId: "d", userId: "u1", itemId: "i5", kind: "dislike", time: START + 80_000_000 }];
    await api.call("POST", "/v1/events", { events });
    const { body: kept } = await api.call("POST", "/v1/previews", { ask: { userId: "u1", k: 6 } });
    expect(idsOf(kept.slate)).not.toContain("i5");
    const change = { without: [{ itemId: "i5", time: START + 80_000_000 }] };
    const { body } = await api.call("POST", "/v1/previews", { ask: { userId: "u1", k: 6 }, change });
    expect(idsOf(body.slate)[0]).toBe("i5");
  });
});
