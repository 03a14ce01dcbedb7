import { readMetric } from "@sequitur/metrics";
import { describe, expect, it } from "vitest";
import { experimentResults } from "./experiment-results.js";
import { DAY, experiment, falseAlarms, outcomesOf, resultsOf } from "./experiment-results.fixture.js";

describe("experimentResults", () => {
  it("finds a planted effect, with its relative lift, less variance by the past, and a verdict", () => {
    const about = experiment("planted", { effect: 0.5 });
    const results = resultsOf(about, outcomesOf(about, 4000, { control: 0.15, new: 0.3 }), 10 * DAY);
    const [effect] = results.metrics["click"]!.effects;
    expect(effect!.low).toBeGreaterThan(0.1);
    expect(effect!.relative.low!).toBeLessThan(1);
    expect(effect!.relative.high!).toBeGreaterThan(1);
    expect(effect!.alwaysValid!.pValue).toBeLessThan(0.05);
    expect(effect!.cuped!.varianceReduction).toBeGreaterThan(0.1);
    expect(effect!.cuped!.withoutHistory).toBeCloseTo(0.2, 2);
    expect(results.verdicts[0]).toMatchObject({ arm: "new", decision: "better" });
    expect(results.verdicts[0]!.sentence).toMatch(/more click than control \(\+\d/);
  });

  it("gives the numbers that the reading of a simulated log gives", () => {
    const about = experiment("one log");
    const outcomes = outcomesOf(about, 600, { control: 0.2, new: 0.25 });
    const [effect] = resultsOf(about, outcomes, 6 * DAY).metrics["click"]!.effects;
    const sampleOf = (arm: string) => {
      const users = outcomes.filter((outcome) => outcome.arm === arm);
      return {
        arm,
        numerators: Float64Array.from(users, ({ feedback }) => feedback["click"]?.sum ?? 0),
        denominators: Float64Array.from(users, ({ requests }) => requests),
      };
    };
    const read = readMetric([sampleOf("control"), sampleOf("new")], { control: "control" });
    expect(effect).toMatchObject({
      difference: read.effects[0]!.difference,
      low: read.effects[0]!.low,
      pValue: read.effects[0]!.pValue,
      alwaysValid: read.effects[0]!.alwaysValid,
    });
  });

  it("says how many days are missing, and stops an arm that harms a guardrail", () => {
    const about = experiment("days", { effect: 0.05 });
    const waiting = resultsOf(about, outcomesOf(about, 400, { control: 0.2, new: 0.2 }), 4 * DAY);
    expect(waiting.verdicts[0]!.decision).toBe("undecided");
    const { needed, daysNeeded } = waiting.metrics["click"]!.power!;
    const least = Math.min(...waiting.arms.map(({ users }) => users));
    expect(daysNeeded).toBe(Math.ceil(((needed - least) * 4) / least));
    expect(waiting.verdicts[0]!.sentence).toContain(`${daysNeeded} more days`);

    const guarded = experiment("guard", { metric: "visit", guardrails: [{ metric: "click", tolerated: 0.1 }] });
    const harmed = resultsOf(guarded, outcomesOf(guarded, 4000, { control: 0.3, new: 0.1 }), 4 * DAY);
    expect(harmed.verdicts[0]).toEqual({
      arm: "new",
      decision: "guardrail",
      sentence: "new harms the guardrail click: stop it.",
    });
  });

  it("does not read on where the arms did not get users as designed, nor without users", () => {
    const about = experiment("ratio");
    const outcomes = outcomesOf(about, 4000, { control: 0.1, new: 0.5 });
    const lost = outcomes.filter(({ arm }, user) => arm === "control" || user % 3 > 0);
    const broken = resultsOf(about, lost, DAY);
    expect(broken.sampleRatio.mismatch).toBe(true);
    expect(broken.verdicts[0]!.decision).toBe("untrustworthy");
    const empty = resultsOf(about, [], DAY);
    expect(empty.verdicts).toEqual([]);
    expect(empty.metrics["click"]!.arms).toMatchObject([{ users: 0, perRequest: null }, { users: 0 }]);
    const few = resultsOf(about, outcomes.slice(0, 3), DAY);
    expect(JSON.stringify(few)).not.toContain("NaN");
  });

  it("splits the effect by attributes of users, corrects it for all of them, and leaves small segments out", () => {
    const about = experiment("segments", { segments: ["country", "unknown"] });
    const outcomes = outcomesOf(about, 800, { control: 0.2, new: 0.2 });
    const lifted = outcomes.map((outcome) => {
      const { arm, attributes, feedback, requests } = outcome;
      const sum = (feedback["click"]?.sum ?? 0) + (arm === "new" && attributes["country"] === "nl" ? requests : 0);
      return { ...outcome, feedback: { click: { count: sum, sum } } };
    });
    const small = lifted.map((outcome, user) => (user < 30 ? { ...outcome, attributes: { country: "lu" } } : outcome));
    const { segments } = resultsOf(about, small, DAY);
    expect(segments.map(({ attribute, arm }) => [attribute, arm])).toEqual([["country", "new"]]);
    const [split] = segments;
    const values = new Map(split!.values.map((value) => [value.value, value]));
    expect([...values.keys()].sort()).toEqual(["be", "nl"]);
    expect(values.get("nl")!.difference).toBeCloseTo(1, 1);
    expect(values.get("nl")!.adjustedPValue).toBeLessThan(1e-6);
    expect(values.get("be")!.adjustedPValue).toBeGreaterThan(0.05);
    expect(split!.heterogeneityPValue).toBeLessThan(1e-6);
    expect(resultsOf(experiment("segments"), small, DAY).segments).toEqual([]);
  });

  it("decides a sequential experiment by its looks, unless the split is broken or a guardrail is harmed", () => {
    const design = { kind: "sequential", looks: 2, units: 400 };
    const about = experiment("looks", { design, guardrails: [{ metric: "click", tolerated: 0.1 }], metric: "click" });
    const outcomes = outcomesOf(about, 400, { control: 0.1, new: 0.4 });
    const rows = outcomes.map(({ arm, feedback }, unit) => {
      return { unit, time: unit, arm, value: feedback["click"]?.sum ?? 0, credit: 0, about: {} };
    });
    const better = experimentResults(about, { outcomes, rows }, DAY);
    expect(better.design).toMatchObject({ kind: "sequential", units: 400 });
    expect(better.verdicts[0]).toMatchObject({ decision: "better" });
    expect(better.verdicts[0]!.sentence).toContain("of 2 crossed its bound");
    const worse = experiment("looks", { design, guardrails: [{ metric: "click", tolerated: 0, more: false }] });
    expect(experimentResults(worse, { outcomes, rows }, DAY).verdicts[0]!.decision).toBe("guardrail");
    const lost = outcomes.filter(({ arm }, user) => arm === "control" || user % 3 === 0);
    expect(experimentResults(about, { outcomes: lost, rows }, DAY).verdicts[0]!.decision).toBe("untrustworthy");
  });

  it("finds hardly more differences in A/A experiments than alpha, by the served assignment and results", () => {
    const { oneLook, alwaysValid, decided, sampleRatio } = falseAlarms(100);
    expect(oneLook).toBeLessThanOrEqual(12);
    expect(alwaysValid).toBeLessThanOrEqual(5);
    expect(decided).toBeLessThanOrEqual(5);
    expect(sampleRatio).toBeLessThanOrEqual(3);
  });
});
