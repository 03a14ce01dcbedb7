import { eachStore } from "@sequitur/store/testing";
import type { Model } from "@sequitur/recommender";
import { beforeAll, describe, expect, it } from "vitest";
import { circleEvents, testApi, type TestApi } from "../api.fixture.js";

const START = Date.UTC(2026, 0, 5);

eachStore((engine) => {
  let api: TestApi;
  let markov: Model;
  let popularity: Model;
  beforeAll(async () => {
    api = await testApi(await engine.open());
    const events = circleEvents(12, 6, 10, START);
    // One user once went elsewhere, so that not all transitions are alike.
    const detour = ["i1", "i5"].map((itemId, at) => ({ eventId: `d${at}`, userId: "d", itemId, time: START + at }));
    await api.call("POST", "/v1/events", { events: [...events, ...detour] });
    markov = await api.fit("markov");
    popularity = await api.fit("popularity");
    await api.serve(popularity, "popular");
    return () => api.serving.stop();
  });
  const ask = async (body: object = { userId: "u1", k: 2 }) => api.call("POST", "/v1/recommendations", body);

  it("lists, activates and rolls back, and a second click does not go back twice", async () => {
    const first = await api.serve(markov);
    const second = await api.register(popularity);
    const path = `/v1/models/${second.versionId}`;
    const active = await api.call("POST", `${path}/activate`, { reason: "try" });
    expect(active.body).toMatchObject({ slot: "default", active: second.versionId });
    expect((await ask()).body.model).toEqual({ name: "popularity", versionId: second.versionId });
    const back = await api.call("POST", `${path}/roll-back`, {});
    expect(back.body.active).toBe(first.versionId);
    expect((await ask()).body.model.name).toBe("markov");
    await api.call("POST", `${path}/roll-back`, {});
    expect((await ask()).body.model.versionId).toBe(first.versionId);
    const { models } = (await api.call("GET", "/v1/models")).body;
    expect(models.find((one: { versionId: number }) => one.versionId === first.versionId)).toMatchObject({
      activeIn: ["default"],
      loaded: true,
    });
    expect((await api.call("POST", "/v1/models/999999/activate", {})).status).toBe(404);
  });

  it("does not activate what cannot be loaded, and keeps serving when another process did", async () => {
    const before = await api.serve(markov);
    const { registerModelVersion, activateModelVersion } = await import("@sequitur/store");
    const lost = await registerModelVersion(api.store, { model: "markov", digest: "lost", location: "/nowhere" });
    const refused = await api.call("POST", `/v1/models/${lost.versionId}/activate`, {});
    expect(refused.status).toBeGreaterThanOrEqual(400);
    await activateModelVersion(api.store, lost.versionId);
    await api.serving.sync();
    const answer = await ask();
    expect(answer.body.model.versionId).toBe(before.versionId);
    const ready = await api.call("GET", "/readyz", undefined, "nobody");
    expect(ready).toMatchObject({ status: 200, body: { ready: true, slots: { default: before.versionId } } });
    expect(ready.body.broken).toHaveLength(1);
  });

  it("falls through a model that throws, and counts it", async () => {
    const broken: Model = {
      ...markov,
      score: () => {
        throw new Error("secret detail");
      },
    };
    await api.serve(broken);
    const answer = await ask({ userId: "u1", k: 2, explain: true });
    expect(answer).toMatchObject({ status: 200, body: { servedBy: "popular" } });
    expect(JSON.stringify(answer.body)).not.toContain("secret detail");
    const { body } = await api.call("GET", "/metrics");
    expect(body).toMatch(/sequitur_stage_failures_total\{stage="model"\} 1/);
  });

  it("lets a shadow rank along unseen and tells how much it agrees", async () => {
    await api.serve(markov);
    const shadow = await api.register(popularity);
    expect((await api.call("POST", `/v1/models/${shadow.versionId}/shadow`, {})).body.shadow).toBe(shadow.versionId);
    const answer = await ask({ userId: "u1", k: 6 });
    expect(answer.body.model.name).toBe("markov");
    await new Promise(setImmediate);
    const { body } = await api.call("GET", "/metrics");
    expect(body).toContain("sequitur_shadow_overlap_sum 1\n");
    const ended = await api.call("DELETE", `/v1/models/${shadow.versionId}/shadow`);
    expect(ended.body.shadow).toBeNull();
  });

  it("changes versions under load without dropping a request", async () => {
    const a = await api.serve(markov);
    const b = await api.register(popularity);
    await api.call("POST", `/v1/models/${b.versionId}/load`);
    const served = new Map<number, number>();
    const state = { swapping: true };
    const load = async (): Promise<void> => {
      while (state.swapping) {
        const { status, body } = await ask({ history: [{ itemId: "i1" }], k: 2, record: false });
        if (status !== 200) throw new Error(api.log.filter((line) => line.includes('"err"')).at(-1));
        expect(body.items).toHaveLength(2);
        served.set(body.model.versionId, (served.get(body.model.versionId) ?? 0) + 1);
        await new Promise(setImmediate);
      }
    };
    const swaps = async (): Promise<void> => {
      for (let swap = 0; swap < 10; swap++) {
        const next = swap % 2 === 0 ? b : a;
        expect((await api.call("POST", `/v1/models/${next.versionId}/activate`, {})).status).toBe(200);
        // The embedded database works within one turn of the loop; requests need some of their own.
        for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
      }
    };
    await Promise.all([swaps().finally(() => (state.swapping = false)), ...Array.from({ length: 8 }, load)]);
    expect(new Set(served.keys())).toEqual(new Set([a.versionId, b.versionId]));
  });

  describe("experiments", () => {
    it("assign by hash, stick, log exposure and report by arm", async () => {
      const active = await api.serve(markov);
      const other = await api.register(popularity);
      const arms = [{ arm: "control" }, { arm: "bold", versionId: other.versionId, policy: { kind: "softmax" } }];
      expect((await api.call("POST", "/v1/experiments", { experimentId: "e1", arms })).body.status).toBe("draft");
      const slate = { userId: "u0", k: 2, experiment: "e1" };
      expect((await api.call("POST", "/v1/slates", slate)).status).toBe(404);
      expect((await api.call("POST", "/v1/experiments/e1/start")).body.status).toBe("running");

      const armsOf = new Map<string, string>();
      const clicks: object[] = [];
      for (let round = 0; round < 2; round++) {
        for (let user = 0; user < 60; user++) {
          const userId = `u${user % 12}-${user}`;
          const history = [{ itemId: "i2" }];
          const { body } = await api.call("POST", "/v1/slates", { userId, history, k: 2, experiment: "e1" });
          const { arm } = body.experiment as { arm: string };
          expect(armsOf.get(userId) ?? arm).toBe(arm);
          armsOf.set(userId, arm);
          expect(body.policy).toBe(arm === "bold" ? "softmax" : "greedy");
          expect(body.model.versionId).toBe(arm === "bold" ? other.versionId : active.versionId);
          const { requestId, items } = body;
          if (round === 0 && arm === "bold") clicks.push({ requestId, itemId: items[0].itemId, kind: "click" });
        }
      }
      expect((await api.call("POST", "/v1/feedback", { feedback: clicks })).body.accepted).toBe(clicks.length);
      expect((await api.call("POST", "/v1/experiments/e1/stop")).body.status).toBe("stopped");
      const { body } = await api.call("GET", "/v1/experiments/e1/results");
      const bold = [...armsOf.values()].filter((arm) => arm === "bold").length;
      expect(body.arms).toMatchObject([
        { arm: "control", users: 60 - bold, requests: 2 * (60 - bold) },
        { arm: "bold", users: bold, impressions: 4 * bold },
      ]);
      expect(body.metrics.click).toMatchObject({
        arms: [
          { arm: "control", count: 0, perRequest: 0 },
          { arm: "bold", count: bold, perRequest: 0.5 },
        ],
        effects: [{ arm: "bold", difference: 0.5, relative: { lift: null }, alwaysValid: null }],
      });
      expect(body.verdicts).toMatchObject([{ arm: "bold", decision: "undecided" }]);
      expect(body.sampleRatio.mismatch).toBe(false);
      expect((await api.call("GET", "/v1/experiments/none/results")).status).toBe(404);
    });
  });

  it("answers recommendations and next places under an experiment, each user by the model of their arm", async () => {
    const active = await api.serve(markov);
    const other = await api.register(popularity);
    const arms = [{ arm: "control" }, { arm: "popular", versionId: other.versionId }];
    await api.call("POST", "/v1/experiments", { experimentId: "lists", arms });
    await api.call("POST", "/v1/experiments/lists/start");
    const under = { experiment: "lists", k: 2, history: [{ itemId: "i2" }] };
    for (let user = 0; user < 12; user++) {
      const one = await api.call("POST", "/v1/recommendations", { ...under, userId: `x${user}` });
      const requests = [{ ...under, userId: `x${user}` }];
      const { body } = await api.call("POST", "/v1/recommendations/batch", { requests });
      expect(one.body.model.versionId).toBe(one.body.experiment.arm === "popular" ? other.versionId : active.versionId);
      expect(body.results[0].experiment).toEqual(one.body.experiment);
    }
    const { body } = await api.call("GET", "/v1/experiments/lists/results");
    expect(body.arms.reduce((sum: number, { requests }: { requests: number }) => sum + requests, 0)).toBe(24);
    expect((await api.call("POST", "/v1/recommendations", under)).status).toBe(400);
    expect((await api.call("POST", "/v1/recommendations", { ...under, userId: "x1", record: false })).status).toBe(400);
    await api.call("POST", "/v1/experiments/lists/stop");
  });

  it("erases a user: history, recognition and row are gone", async () => {
    await api.serve(await api.fit("personal"));
    expect((await ask({ userId: "u3", k: 1 })).body.servedBy).toBe("model");
    const erased = await api.call("DELETE", "/v1/users/u3");
    expect(erased.body).toMatchObject({ erased: true, removed: { interactions: 10 } });
    expect((await api.call("GET", "/v1/users/u3")).status).toBe(404);
    expect((await api.call("DELETE", "/v1/users/u3")).status).toBe(404);
    expect((await ask({ userId: "u3", k: 1, record: false })).body.servedBy).toBe("popular");
  });

  it("serves items at once, and never a deleted one", async () => {
    await api.serve(markov);
    await api.call("PUT", "/v1/items/fresh", { title: "Fresh", categories: ["new"], latitude: 1, longitude: 2 });
    const only = { history: [], k: 3, filter: { categories: ["new"] } };
    expect((await ask(only)).body).toMatchObject({ servedBy: "newest", items: [{ itemId: "fresh", title: "Fresh" }] });
    const next = { history: [{ itemId: "i1" }], k: 1 };
    expect((await ask(next)).body.items[0].itemId).toBe("i2");
    expect((await api.call("DELETE", "/v1/items/i2")).status).toBe(200);
    expect((await ask(next)).body.items[0].itemId).not.toBe("i2");
    await api.call("PUT", "/v1/items/i2", {});
    expect((await ask(next)).body.items[0].itemId).toBe("i2");
    const similar = await api.call("GET", "/v1/items/i4/similar?k=1");
    expect(similar.body.items[0].itemId).toBe("i5");
    expect((await api.call("GET", "/v1/items/none/similar")).status).toBe(404);
  });

  it("explains by the history, boosts, excludes what was seen, and answers next-poi from here", async () => {
    await api.serve(await api.fit("item-knn"), "session");
    await api.serve(markov);
    const explained = await ask({ history: [{ itemId: "i3" }, { itemId: "i1" }], k: 1, explain: true });
    expect(explained.body.items[0].reason).toMatchObject({ kind: "history", itemIds: ["i1"] });
    const boosts = [{ itemIds: ["i5"], factor: 1000 }];
    const boosted = await ask({ history: [{ itemId: "i1" }], k: 1, rules: { boosts } });
    expect(boosted.body.items[0].itemId).toBe("i5");
    const seen = await ask({ userId: "u2", k: 50, excludeSeen: true });
    expect(seen.body.items.map((item: { itemId: string }) => item.itemId)).not.toContain("i0");
    await api.call("PUT", "/v1/items/near", { latitude: 11, longitude: 22 });
    const poi = { history: [], latitude: 11.001, longitude: 22, radiusKm: 1, k: 5 };
    const near = await api.call("POST", "/v1/next-poi", poi);
    expect(near.body.items).toMatchObject([{ itemId: "near", distanceKm: expect.closeTo(0.111, 2) }]);
    expect(near.body.items[0].reason.text).toContain("111 m from here");
    const closed = await api.call("POST", "/v1/next-poi", { ...poi, openNow: true });
    expect(closed.body.items).toEqual([]);
  });

  it("tells what a next-place model knows of its places", async () => {
    await api.serve(await api.fit("seaget", { epochs: 1, width: 8, timeWidth: 4, hidden: 8, layers: 1 }));
    const past = { history: [{ itemId: "i1" }], k: 2, explain: true };
    const { items } = (await ask(past)).body;
    for (const { reason } of items) {
      expect(reason).toMatchObject({
        kind: "model",
        facts: { opening: "unknown", visits: { total: expect.any(Number) } },
      });
      expect(reason.text).not.toBe("");
    }
    const plain = await ask({ ...past, explain: false });
    expect(plain.body.items[0].reason.facts).toBeUndefined();
  });
});
