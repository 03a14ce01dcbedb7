import { HOUR_MS, MINUTE_MS } from "@sequitur/core";
import { designBlocks, switchbackArm } from "@sequitur/metrics";
import { getExperiment, recordFeedback, recordRequests, type RequestRecord } from "@sequitur/store";
import { eachStore } from "@sequitur/store/testing";
import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { circleEvents, testApi, type Answer, type TestApi } from "../api.fixture.js";

const START = Date.UTC(2026, 0, 12);

eachStore((engine) => {
  let now = START;
  let api: TestApi;
  let itemIds: string[];

  beforeAll(async () => {
    api = await testApi(await engine.open({ clock: () => now }));
    const events = circleEvents(8, 8, 4, START - HOUR_MS * 24);
    await api.call("POST", "/v1/events", { events });
    itemIds = [...new Set(events.map((event) => (event as { itemId: string }).itemId))].sort();
    const items = itemIds.map((itemId) => ({ itemId, categories: ["alike"] }));
    await api.call("POST", "/v1/items", { items });
    return () => api.serving.stop();
  });

  /** Makes and starts an experiment whose second arm never shows the first item. */
  async function begin(experimentId: string, plan: object, arms: readonly object[] = armsOf()): Promise<void> {
    const made = await api.call("POST", "/v1/experiments", { experimentId, plan, arms });
    expect(made.body).toMatchObject({ status: "draft", stopReason: "" });
    const started = await api.call("POST", `/v1/experiments/${experimentId}/start`);
    expect(started.body).toMatchObject({ status: "running" });
  }

  const armsOf = () => [{ arm: "control" }, { arm: "new", request: { filter: { deny: [itemIds[0]] } } }];
  const ask = (body: object, route = "/v1/recommendations"): Promise<Answer> =>
    api.call("POST", route, { k: 4, ...body });
  const click = async (requestId: string, itemId: string): Promise<void> => {
    const feedback = [{ feedbackId: randomUUID(), requestId, itemId, kind: "click", time: now }];
    expect((await api.call("POST", "/v1/feedback", { feedback })).body).toMatchObject({ rejected: 0 });
  };
  const results = async (experimentId: string) =>
    (await api.call("GET", `/v1/experiments/${experimentId}/results`)).body;

  describe("a switchback", () => {
    it("answers everybody by the block of the hour, and is read by its blocks", async () => {
      await begin("blocks", { design: { kind: "switchback", blockMinutes: 60, pairs: 6 } });
      const experiment = (await getExperiment(api.store, "blocks"))!;
      const design = { kind: "switchback" as const, blockMs: HOUR_MS, pairs: 6, burnInMs: 0 };
      const blocks = designBlocks(design, { salt: experiment.salt, startMs: experiment.startedAt! });
      for (let block = 0; block < 12; block++) {
        now = START + block * HOUR_MS + MINUTE_MS;
        const side = switchbackArm(blocks, now)!;
        for (const userId of ["a", "b"]) {
          const { body } = await ask({ userId, experiment: "blocks" });
          expect(body.experiment).toEqual({ experimentId: "blocks", arm: side === 1 ? "new" : "control" });
          const shown = body.items.some(({ itemId }: { itemId: string }) => itemId === itemIds[0]);
          expect(side === 1 && shown).toBe(false);
          if (side === 1 || block === 3) await click(body.requestId, body.items[0].itemId);
        }
      }
      const read = await results("blocks");
      expect(read.design).toMatchObject({ kind: "switchback", pairs: 6 });
      expect(read.design.effect.difference).toBeGreaterThan(0.7);
      expect(read.design.effect.randomisationPValue).toBeLessThanOrEqual(2 / 2 ** 5);
      expect(read.arms).toMatchObject([{ requests: 12, users: 2 }, { requests: 12 }]);
      now = START + 12 * HOUR_MS;
      expect((await ask({ userId: "a", experiment: "blocks" })).body.experiment).toBeUndefined();
    });
  });

  describe("interleaving", () => {
    it("mixes the lists of both arms on every answering route, and gives each click to the arm of its item", async () => {
      await begin("mixed", { design: { kind: "interleaving" } }, [
        { arm: "control", request: { k: 4 } },
        { arm: "new", request: { k: 4 } },
      ]);
      for (let user = 0; user < 8; user++) {
        const { body } = await ask({ userId: `m${user}`, experiment: "mixed" });
        expect(body.experiment).toMatchObject({ experimentId: "mixed", arm: null });
        const { teams } = body.experiment;
        expect(teams.filter((team: string) => team === "new")).toHaveLength(2);
        expect(teams).toHaveLength(4);
        await click(body.requestId, body.items[teams.indexOf("new")].itemId);
      }
      const slate = await ask({ userId: "m0", experiment: "mixed" }, "/v1/slates");
      expect(slate.body).toMatchObject({ propensityKind: "unknown", experiment: { arm: null } });
      const similar = await api.call("GET", `/v1/items/${itemIds[1]}/similar?k=4&userId=m1&experiment=mixed`);
      expect(similar.status).toBe(200);
      const { teams } = similar.body.experiment;
      await click(similar.body.requestId, similar.body.items[teams.indexOf("control")].itemId);
      const read = await results("mixed");
      expect(read.design.preference).toMatchObject({ winsNew: 7, winsControl: 0, ties: 1 });
      expect(read.verdicts[0]).toMatchObject({ arm: "new", decision: "better" });
      const pinned = await ask({
        userId: "m0",
        experiment: "mixed",
        rules: { pins: [{ itemId: itemIds[2], position: 0 }] },
      });
      expect(pinned.status).toBe(400);
      expect(pinned.body.error.message).toContain("without pins and caps");
    });
  });

  describe("a bandit", () => {
    it("draws the arm of each request, logs the probability, and moves traffic to the arm that is clicked, by context", async () => {
      const design = { kind: "bandit", horizon: 4000, attributionMinutes: 10, context: "country", contexts: ["nl"] };
      await begin("traffic", { design });
      for (const [id, country] of [
        ["dutch", "nl"],
        ["belgian", "be"],
      ]) {
        await api.call("PUT", `/v1/users/${id}`, { attributes: { country } });
      }
      const one = async (userId: string): Promise<{ arm: string; probability: number }> => {
        const { body } = await ask({ userId, experiment: "traffic" });
        if (userId === "dutch" && body.experiment.arm === "new") await click(body.requestId, body.items[0].itemId);
        return body.experiment;
      };
      const first = await one("dutch");
      expect(first.probability).toBe(0.5);
      for (let i = 0; i < 30; i++) for (const user of ["dutch", "belgian"]) await one(user);
      now += 11 * MINUTE_MS;
      await api.serving.sync();
      const [dutch, belgian] = [await one("dutch"), await one("belgian")];
      expect(dutch.arm === "new" ? dutch.probability : 1 - dutch.probability).toBeGreaterThan(0.9);
      expect(belgian.probability).toBeGreaterThan(0.4);
      const read = await results("traffic");
      expect(read.design.kind).toBe("bandit");
      expect(read.design.regretBound).toBeGreaterThan(0);
      const [control, fresh] = read.design.arms;
      expect(control.value).toBeLessThan(0.1);
      expect(Math.abs(fresh.value - 0.5)).toBeLessThan(4 * fresh.standardError);
      expect(read.verdicts[0].sentence).toContain("have not come");
    });
  });

  describe("experiments by session", () => {
    it("stick to the session, whoever asks, and count by it", async () => {
      await begin("visits", { unit: "session" });
      const arms = new Map<string, string>();
      for (const sessionId of ["s1", "s2", "s3", "s4", "s5", "s6"]) {
        for (const userId of [undefined, "someone"]) {
          const { body } = await ask({ sessionId, ...(userId && { userId }), experiment: "visits" });
          expect(arms.get(sessionId) ?? body.experiment.arm).toBe(body.experiment.arm);
          arms.set(sessionId, body.experiment.arm);
        }
      }
      expect(new Set(arms.values()).size).toBe(2);
      const read = await results("visits");
      expect(read.arms.map(({ users }: { users: number }) => users).reduce((a: number, b: number) => a + b)).toBe(6);
      const unnamed = await ask({ userId: "someone", experiment: "visits" });
      expect(unnamed.status).toBe(400);
      expect(unnamed.body.error.message).toContain("expected a sessionId");
    });
  });

  describe("experiments of one group", () => {
    it("share the users out, and refuse one for which there is no room", async () => {
      await begin("group-a", { group: "page", traffic: 0.5 });
      await begin("group-b", { group: "page", traffic: 0.4 });
      const users = Array.from({ length: 40 }, (_, user) => `g${user}`);
      const takers = { a: 0, b: 0, both: 0 };
      for (const userId of users) {
        const [a, b] = [await ask({ userId, experiment: "group-a" }), await ask({ userId, experiment: "group-b" })];
        const [inA, inB] = [a.body.experiment !== undefined, b.body.experiment !== undefined];
        if (inA) takers.a++;
        if (inB) takers.b++;
        if (inA && inB) takers.both++;
      }
      expect(takers.both).toBe(0);
      expect(Math.min(takers.a, takers.b)).toBeGreaterThan(5);
      await api.call("POST", "/v1/experiments", {
        experimentId: "group-c",
        plan: { group: "page", traffic: 0.2 },
        arms: armsOf(),
      });
      const full = await api.call("POST", "/v1/experiments/group-c/start");
      expect(full.status).toBe(400);
      expect(full.body.error.message).toContain("group page has no room for 20 % of the users: group-a has 50 %");
      expect((await api.call("PUT", "/v1/experiments/group-a/traffic", { traffic: 0.6 })).status).toBe(400);
      await api.call("POST", "/v1/experiments/group-a/stop");
      expect((await api.call("POST", "/v1/experiments/group-c/start")).body.status).toBe("running");
    });
  });

  describe("a guardrail", () => {
    it("stops the experiment once an arm harms it, and says why", async () => {
      const guardrails = [{ metric: "stay", tolerated: 0.1 }];
      await begin("guarded", { metric: "click", guardrails });
      await fillIn("guarded", (arm, user) => (arm === "control" || user % 10 === 0 ? "stay" : "click"));
      now += 6 * MINUTE_MS;
      await api.serving.sync();
      const { body } = await api.call("GET", "/v1/experiments");
      const own = body.experiments.find((one: { experimentId: string }) => one.experimentId === "guarded");
      expect(own).toMatchObject({ status: "stopped", stopReason: "new harms the guardrail stay: stop it." });
      expect((await ask({ userId: "late", experiment: "guarded" })).status).toBe(404);
    });

    /** 300 users of each arm with one request and one reaction. */
    async function fillIn(experimentId: string, kindOf: (arm: string, user: number) => string): Promise<void> {
      const requests = ["control", "new"].flatMap((arm) =>
        Array.from({ length: 300 }, (_, user): RequestRecord => ({
          requestId: randomUUID(),
          userId: `${arm} ${user}`,
          time: now,
          kind: "recommendations",
          experiment: { experimentId, arm },
          context: {},
          impressions: [{ itemId: itemIds[0]!, position: 0, policy: "greedy", propensityKind: "unknown" }],
        })),
      );
      await recordRequests(api.store, requests);
      const feedback = requests.map(({ requestId, experiment }, row) => {
        const kind = kindOf(experiment!.arm!, row % 300);
        return { feedbackId: randomUUID(), requestId, itemId: itemIds[0]!, kind, time: now };
      });
      await recordFeedback(api.store, feedback);
    }
  });

  it("refuses plans that a kind of experiment cannot keep, by the field", async () => {
    const refused = async (plan: object, arms: readonly object[] = armsOf()): Promise<string> => {
      const { status, body } = await api.call("POST", "/v1/experiments", { experimentId: "refused", plan, arms });
      expect(status).toBe(400);
      return body.error.message;
    };
    const three = [...armsOf(), { arm: "third" }];
    expect(await refused({ design: { kind: "interleaving" } }, three)).toContain("compares two arms, got 3");
    expect(
      await refused({ design: { kind: "interleaving" } }, [{ arm: "a" }, { arm: "b", policy: { kind: "random" } }]),
    ).toContain("greedy");
    expect(await refused({ design: { kind: "sequential", units: 500 } })).toContain("at least 800");
    const blocks = { kind: "switchback", pairs: 4, blockMinutes: 10, burnInMinutes: 10 };
    expect(await refused({ design: blocks })).toContain("burnInMinutes");
    expect(await refused({ design: { kind: "bandit", horizon: 500, context: "country" } })).toContain("go together");
    expect(await refused({ design: { kind: "bandit", horizon: 500 }, guardrails: [{ metric: "stay" }] })).toContain(
      "guardrails",
    );
    expect(await refused({ unit: "session", segments: ["country"] })).toContain("segments");
  });
});
