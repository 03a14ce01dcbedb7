import { PlatformError } from "@sequitur/core";
import { beforeAll, expect, it } from "vitest";
import {
  armRewards,
  assignArm,
  changeExperiment,
  createExperiment,
  experimentOutcomes,
  experimentRows,
  hashArm,
  recordFeedback,
  recordRequests,
  sessionOutcomes,
  startExperiment,
  stopExperiment,
  type Experiment,
  type Store,
} from "../index.js";
import { eachStore } from "../testing/index.js";
import { request, T0 } from "./request.fixture.js";

eachStore((engine) => {
  let store: Store;
  beforeAll(async () => {
    store = await engine.open();
  });

  it("runs experiments from draft to stopped, and shows each start which others run", async () => {
    const arms = [
      { arm: "control", weight: 1 },
      { arm: "new", weight: 1, policy: "softmax", settings: { temperature: 2 } },
    ];
    await createExperiment(store, { experimentId: "one", arms });
    await createExperiment(store, { experimentId: "two", arms });
    await expect(createExperiment(store, { experimentId: "one", arms })).rejects.toMatchObject({ code: "bad-data" });
    await expect(createExperiment(store, { experimentId: "x", arms: arms.slice(1) })).rejects.toThrow(/two arms/);
    const beside: string[][] = [];
    const starts = ["one", "two"].map((id) =>
      startExperiment(store, id, (settings, others) => {
        beside.push(others.map(({ experimentId }) => experimentId));
        return { ...settings, begun: true };
      }),
    );
    const [running] = await Promise.all(starts);
    expect(beside.map(({ length }) => length)).toEqual([0, 1]);
    expect(running).toMatchObject({ status: "running", settings: { begun: true } });
    expect(running!.arms[1]).toEqual(arms[1]);
    const refuse = () => {
      throw new PlatformError("bad-data", "no room");
    };
    await expect(changeExperiment(store, "one", refuse)).rejects.toThrow("no room");
    const stopped = await stopExperiment(store, running!.experimentId, "it harms");
    expect(stopped).toMatchObject({ status: "stopped", settings: { begun: true, stopReason: "it harms" } });
    await expect(startExperiment(store, running!.experimentId)).rejects.toThrow(/was stopped/);
    await expect(stopExperiment(store, "none")).rejects.toMatchObject({ code: "not-found" });
  });

  it("assigns by hash, sticky, and logs exposure and outcomes", async () => {
    const arms = [
      { arm: "a", weight: 1 },
      { arm: "b", weight: 1 },
    ];
    const experiment = await createExperiment(store, { experimentId: "sticky", arms });
    const users = Array.from({ length: 20 }, (_, i) => `sticky${i}`);
    const first = await Promise.all(users.map((user) => assignArm(store, experiment, user)));
    expect(first.map(({ arm }) => arm)).toEqual(users.map((user) => hashArm(experiment, user).arm));
    const tilted: Experiment = {
      ...experiment,
      arms: [
        { arm: "a", weight: 1e-9 },
        { arm: "b", weight: 1 },
      ],
    };
    const again = await Promise.all(users.map((user) => assignArm(store, tilted, user)));
    expect(again.map(({ arm }) => arm)).toEqual(first.map(({ arm }) => arm));
    expect(await experimentOutcomes(store, "sticky")).toEqual([]);
    const { arm } = first[0]!;
    const under = { experiment: { experimentId: "sticky", arm } };
    const shown = request(users[0], ["cafe", "park"], under);
    await recordRequests(store, [shown, request(users[0], ["cafe"], { ...under, time: T0 + 9 })]);
    const click = { requestId: shown.requestId, itemId: "cafe", kind: "click", time: T0 };
    await recordFeedback(store, [
      { ...click, feedbackId: "s1" },
      { ...click, feedbackId: "s2", kind: "dwell", value: 2.5 },
    ]);
    const feedback = { click: { count: 1, sum: 1 }, dwell: { count: 1, sum: 2.5 } };
    const outcome = { arm, requests: 2, impressions: 3, feedback, before: null, attributes: {} };
    expect(await experimentOutcomes(store, "sticky")).toEqual([outcome]);
  });

  it("reads the requests of an experiment with what came of them, by user and by session, and the rewards of its arms", async () => {
    const experimentId = "rows";
    const arms = ["a", "b"].map((arm) => ({ arm, weight: 1 }));
    await createExperiment(store, { experimentId, arms });
    const under = (time: number, arm: string | undefined, experiment: object, userId?: string) =>
      request(userId, ["cafe", "park"], {
        time,
        experiment: { experimentId, ...(arm !== undefined && { arm }), sticky: false },
        context: { experiment },
      });
    const asked = [
      under(T0, "a", { context: "x" }, "rows1"),
      under(T0 + 1, "b", { session: "s1" }),
      under(T0 + 2, undefined, { session: "s2", teams: [1, 0] }),
      under(T0 + 3, "b", { session: "s1" }),
      under(T0 + 4, "a", {}),
    ];
    await recordRequests(store, asked);
    const click = (at: number, itemId: string, kind = "click") => ({
      feedbackId: `rows ${at} ${itemId} ${kind}`,
      requestId: asked[at]!.requestId,
      itemId,
      kind,
      time: T0 + 10,
    });
    await recordFeedback(store, [
      click(0, "cafe"),
      click(0, "park"),
      click(2, "cafe"),
      click(3, "park"),
      click(3, "park", "dwell"),
    ]);
    const rows = await experimentRows(store, experimentId, "click");
    expect(rows.map(({ time, arm, value, credit }) => [time - T0, arm, value, credit])).toEqual([
      [0, "a", 2, 0],
      [1, "b", 0, 0],
      [2, null, 1, 1],
      [3, "b", 1, 0],
    ]);
    expect(rows[1]!.unit).toBe(rows[3]!.unit);
    expect(new Set(rows.map(({ unit }) => unit)).size).toBe(3);
    expect(rows[2]!.about).toEqual({ session: "s2", teams: [1, 0] });
    const sessions = await sessionOutcomes(store, experimentId);
    const feedback = { click: { count: 1, sum: 1 }, dwell: { count: 1, sum: 1 } };
    expect(sessions[0]).toEqual({ arm: "b", requests: 2, impressions: 4, feedback, before: null, attributes: {} });
    expect(await armRewards(store, experimentId, { kind: "click", until: T0 + 2 })).toEqual([
      { context: "", arm: "b", count: 1, sum: 0 },
      { context: "x", arm: "a", count: 1, sum: 1 },
    ]);
    expect(await experimentOutcomes(store, experimentId)).toEqual([]);
  });
});
