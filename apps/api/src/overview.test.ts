import { eachStore } from "@sequitur/store/testing";
import { beforeAll, describe, expect, it } from "vitest";
import { circleEvents, testApi, type TestApi } from "./api.fixture.js";
import { adviceFor, type Known } from "./serving/advice.js";
import { periodOf } from "./serving/overview.js";

const START = Date.UTC(2026, 0, 5);
const HOUR_MS = 3_600_000;

eachStore((engine) => {
  let now = START;
  let api: TestApi;
  beforeAll(async () => {
    api = await testApi(await engine.open({ clock: () => now }));
    return () => api.serving.stop();
  });

  it("says how an empty system begins, and counts what is answered and responded to", async () => {
    const empty = (await api.call("GET", "/v1/overview")).body;
    expect(empty.advice[0].title).toBe("There are no events yet.");
    expect(empty).toMatchObject({ newestEvent: null, day: { requests: 0, responded: null } });

    await api.call("POST", "/v1/events", { events: circleEvents(8, 6, 4, START) });
    now = START + 10 * HOUR_MS;
    await api.serving.sync();
    await api.serve(await api.fit("markov"));
    await api.call("PUT", "/v1/items/fresh", { title: "fresh" });
    for (const user of ["u1", "u2", "u3", "u3"]) {
      now += 1_000;
      const { body } = await api.call("POST", "/v1/slates", { userId: user, k: 2 });
      const click = { requestId: body.requestId, itemId: body.items[0].itemId, kind: "click" };
      if (user === "u3") await api.call("POST", "/v1/feedback", { feedback: [click] });
    }
    now += HOUR_MS + 600_000;
    const { body } = await api.call("GET", "/v1/overview");
    expect(body.day).toMatchObject({ requests: 4, askers: 3, responded: { share: 0.5 } });
    expect(body.day.responded.low).toBeGreaterThanOrEqual(0);
    expect(body.day.responded.high).toBeLessThanOrEqual(1);
    expect(body.dayBefore.requests).toBe(0);
    expect(body.hours).toHaveLength(1);
    expect(body.hours[0]).toMatchObject({ requests: 4, responded: 2 });
    expect(body.catalogue).toMatchObject({ items: 7, newShare: 0 });
    expect(body.process).toMatchObject({ answers: 4, fallbackShare: 0, errorShare: 0 });
    expect(body.slots[0]).toMatchObject({ slot: "default", active: 1, serving: 1 });
    expect(body.someUsers[0]).toBe("u3");
    now += 24 * HOUR_MS;
    const later = (await api.call("GET", "/v1/overview")).body;
    expect(later).toMatchObject({ day: { requests: 0 }, dayBefore: { requests: 4 } });
  });
});

describe("a rate", () => {
  it("has an interval by askers: one asker's many requests are no many askers", () => {
    const one = periodOf([{ requests: 100, responded: 50 }]);
    expect(one.responded).toEqual({ share: 0.5, low: null, high: null });
    const many = periodOf(Array.from({ length: 100 }, (_, n) => ({ requests: 1, responded: n % 2 })));
    // 1.96 sqrt(0.25 / 99)
    expect(many.responded!.high! - 0.5).toBeCloseTo(0.0985, 3);
    const few = periodOf(Array.from({ length: 10 }, (_, n) => ({ requests: 10, responded: 10 * (n % 2) })));
    expect(few.responded!.high! - 0.5).toBeGreaterThan(0.3);
  });
});

describe("advice", () => {
  const well: Known = {
    now: new Date(START).toISOString(),
    startedAt: new Date(START).toISOString(),
    slots: [{ slot: "default", active: 1, serving: 1 }],
    broken: [],
    day: { requests: 1000, askers: 100, responded: { share: 0.1, low: 0.08, high: 0.12 } },
    dayBefore: { requests: 0, askers: 0, responded: null },
    hours: [],
    catalogue: { items: 10, shown: 5, newShare: 0 },
    process: {
      answers: 1000,
      answersBy: { model: 990, popular: 10 },
      fallbackShare: 0.01,
      p50Seconds: 0.01,
      p99Seconds: 0.02,
      errorShare: 0,
    },
    newestEvent: new Date(START).toISOString(),
    someUsers: [],
    someItems: [],
    trainedAt: START - HOUR_MS,
    worseThan: [],
  };
  const process = (change: object) => ({ process: { ...well.process, ...change } });

  it.each<[string, Partial<Known>, RegExp]>([
    ["all is well", {}, /^All is well/],
    ["a broken version", { broken: ["version 3"] }, /cannot be loaded/],
    ["errors", process({ errorShare: 0.05 }), /^5.0 % of the requests fail/],
    ["no model", { slots: [{ slot: "default", active: null, serving: null }] }, /^No model/],
    [
      "fallbacks",
      process({ fallbackShare: 0.31, answersBy: { model: 690, newest: 10, popular: 300 } }),
      /^31 % of the answers come from a fallback, most from "popular"/,
    ],
    ["an old model", { trainedAt: START - 9 * 24 * HOUR_MS }, /^Nothing was trained for 9 days/],
    ["an old model without newer events", { trainedAt: START - 9 * 24 * HOUR_MS, newestEvent: null }, /^All is well/],
    ["a worse version", { worseThan: ["popularity"] }, /worse than popularity/],
    ["nobody", { day: { requests: 0, askers: 0, responded: null } }, /^Nobody asked/],
    [
      "no feedback",
      { day: { requests: 60, askers: 9, responded: { share: 0, low: 0, high: 0 } } },
      /^No feedback arrives/,
    ],
    ["few answers prove nothing", process({ answers: 10, fallbackShare: 1, errorShare: 0.5 }), /^All is well/],
  ])("for %s", (_, change, title) => {
    expect(adviceFor({ ...well, ...change })[0]!.title).toMatch(title);
  });
});
