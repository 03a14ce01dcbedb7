import { takesPart } from "@sequitur/store";
import { eachStore } from "@sequitur/store/testing";
import { beforeAll, describe, expect, it } from "vitest";
import { circleEvents, testApi, type TestApi } from "../api.fixture.js";
import { apiSettingsSchema } from "../settings.js";

const USERS = Array.from({ length: 4000 }, (_, user) => `user ${user}`);
/** Four standard errors of a share among these users, at most. */
const NEAR = 4 * Math.sqrt(0.25 / USERS.length);

describe("takesPart", () => {
  const part = (salt: string, traffic: number, holdout = 0): boolean[] =>
    USERS.map((id) => takesPart({ salt }, id, { traffic, holdout }));
  const share = (flags: readonly boolean[]): number => flags.filter(Boolean).length / flags.length;

  it("lets the share of users in that traffic says, others by each salt, and only adds users when it grows", () => {
    const few = part("a", 0.2);
    const more = part("a", 0.6);
    expect(Math.abs(share(few) - 0.2)).toBeLessThan(NEAR);
    expect(Math.abs(share(more) - 0.6)).toBeLessThan(NEAR);
    expect(few.every((isIn, user) => !isIn || more[user])).toBe(true);
    expect(part("a", 1).every(Boolean)).toBe(true);
    const other = part("b", 0.2);
    expect(Math.abs(share(few.map((isIn, user) => isIn && other[user]!)) - 0.04)).toBeLessThan(NEAR);
  });

  it("keeps the same users out of every experiment, apart from who is in its traffic", () => {
    const one = part("a", 1, 0.1);
    expect(part("b", 1, 0.1)).toEqual(one);
    expect(Math.abs(share(one) - 0.9)).toBeLessThan(NEAR);
    expect(Math.abs(share(part("a", 0.5, 0.1)) - 0.45)).toBeLessThan(NEAR);
  });
});

eachStore((engine) => {
  let api: TestApi;
  const arms = [{ arm: "control" }, { arm: "new" }];
  beforeAll(async () => {
    api = await testApi(await engine.open());
    await api.call("POST", "/v1/events", { events: circleEvents(6, 6, 4, Date.UTC(2026, 0, 5)) });
    return () => api.serving.stop();
  });

  it("answers users outside the traffic as without the experiment, and keeps arms while the traffic grows", async () => {
    const made = await api.call("POST", "/v1/experiments", { experimentId: "ramp", arms, plan: { traffic: 0.3 } });
    expect(made.body).toMatchObject({ status: "draft", traffic: 0.3 });
    await api.call("POST", "/v1/experiments/ramp/start");
    const users = USERS.slice(0, 30);
    const armOf = async (userId: string): Promise<string | undefined> => {
      const { status, body } = await api.call("POST", "/v1/slates", { userId, k: 2, experiment: "ramp" });
      expect(status).toBe(200);
      return (body as { experiment?: { arm: string } }).experiment?.arm;
    };
    const before: (string | undefined)[] = [];
    for (const user of users) before.push(await armOf(user));
    const inTraffic = users.map((id) => takesPart({ salt: "ramp" }, id, { traffic: 0.3, holdout: 0 }));
    expect(before.map((arm) => arm !== undefined)).toEqual(inTraffic);
    const grown = await api.call("PUT", "/v1/experiments/ramp/traffic", { traffic: 1 });
    expect(grown.body).toMatchObject({ status: "running", traffic: 1 });
    for (const [at, user] of users.entries()) {
      const arm = await armOf(user);
      expect(arm).toBe(before[at] ?? arm);
      expect(["control", "new"]).toContain(arm);
    }
    const { body } = await api.call("GET", "/v1/experiments/ramp/results");
    expect(body).toMatchObject({ plan: { traffic: 1 } });
  });

  it("refuses a share that is none, and a change after the end", async () => {
    expect((await api.call("PUT", "/v1/experiments/ramp/traffic", { traffic: 0 })).status).toBe(400);
    expect((await api.call("PUT", "/v1/experiments/none/traffic", { traffic: 0.5 })).status).toBe(404);
    await api.call("POST", "/v1/experiments/ramp/stop");
    const late = await api.call("PUT", "/v1/experiments/ramp/traffic", { traffic: 0.5 });
    expect(late.status).toBe(400);
    expect(late.body.error.message).toContain("was stopped");
    expect(apiSettingsSchema.parse({}).experimentHoldout).toBe(0);
  });
});
