import { eachStore } from "@sequitur/store/testing";
import { beforeAll, expect, it } from "vitest";
import { circleEvents, testApi, type TestApi } from "./api.fixture.js";

const START = Date.UTC(2026, 0, 5);

eachStore((engine) => {
  let api: TestApi;
  beforeAll(async () => {
    api = await testApi(await engine.open());
    return () => api.serving.stop();
  });

  it("takes events, serves by the fallback chain, and learns", async () => {
    const cold = await api.call("POST", "/v1/recommendations", { userId: "u1", k: 3 });
    expect(cold.status).toBe(200);
    expect(cold.body).toMatchObject({ servedBy: "nobody", items: [] });

    const events = circleEvents(12, 6, 10, START);
    const sent = await api.call("POST", "/v1/events", { events });
    expect(sent.body).toEqual({ accepted: 120, duplicates: 0, rejected: 0, errors: [] });
    const again = await api.call("POST", "/v1/events", { events });
    expect(again.body).toMatchObject({ accepted: 0, duplicates: 120 });

    await api.serving.sync();
    const newest = await api.call("POST", "/v1/recommendations", { userId: "u1", k: 3 });
    expect(newest.body).toMatchObject({ servedBy: "newest" });
    expect(newest.body.items).toHaveLength(3);

    await api.serve(await api.fit("popularity"), "popular");
    const version = await api.serve(await api.fit("markov"));
    const warm = await api.call("POST", "/v1/recommendations", { userId: "u1", k: 2 });
    // u1 began at i1 and made 10 steps: the last was i4, so that i5 follows.
    expect(warm.body.items[0].itemId).toBe("i5");
    expect(warm.body).toMatchObject({ servedBy: "model", model: { name: "markov", versionId: version.versionId } });

    const session = await api.call("POST", "/v1/recommendations", { history: [{ itemId: "i2" }], k: 1 });
    expect(session.body.items[0]).toMatchObject({ itemId: "i3", servedBy: "model" });
    const stranger = await api.call("POST", "/v1/recommendations", { userId: "nobody-knows", k: 2 });
    expect(stranger.body.servedBy).toBe("popular");
  });

  it("tells of an unknown key which ones are known, in a row of a batch and in a request", async () => {
    const events = [{ eventId: "x1", userId: "u1", itemId: "i1", type: "view" }];
    const sent = await api.call("POST", "/v1/events", { events });
    expect(sent.body).toMatchObject({ accepted: 0, rejected: 1, errors: [{ row: 0, eventId: "x1" }] });
    expect(sent.body.errors[0].message).toMatch(
      /^unknown key "type": known keys are eventId, userId, itemId, time, kind,/,
    );
    const asked = await api.call("POST", "/v1/recommendations", { user: "u1", k: 3 });
    expect(asked.status).toBe(400);
    expect(asked.body.error.message).toMatch(/unknown key "user": known keys are .*userId/);
  });
});
