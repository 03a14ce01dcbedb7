import { readMetric } from "@sequitur/metrics";
import { describe, expect, it } from "vitest";
import { DAY, experiment, falseAlarms, outcomesOf } from "./experiment-results.fixture.js";
import { experimentResults } from "./experiment-results.js";

describe("experimentResults", () => {
  it("finds a planted effect, with its relative lift, less variance by the past, and a verdict", () => {
    const about = experiment("planted", { effect: 0.5 });
    const results = experimentResults(about, outcomesOf(about, 4000, { control: 0.15, new: 0.3 }), 10 * DAY);
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
    const [effect] = experimentResults(about, outcomes, 6 * DAY).metrics["click"]!.effects;
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
    const waiting = experimentResults(about, outcomesOf(about, 400, { control: 0.2, new: 0.2 }), 4 * DAY);
    expect(waiting.verdicts[0]!.decision).toBe("undecided");
    const { needed, daysNeeded } = waiting.metrics["click"]!.power!;
    const least = Math.min(...waiting.arms.map(({ users }) => users));
    expect(daysNeeded).toBe(Math.ceil(((needed - least) * 4) / least));
    expect(waiting.verdicts[0]!.sentence).toContain(`${daysNeeded} more days`);

    const guarded = experiment("guard", { metric: "visit", guardrails: [{ metric: "click", tolerated: 0.1 }] });
    const harmed = experimentResults(guarded, outcomesOf(guarded, 4000, { control: 0.3, new: 0.1 }), 4 * DAY);
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
    const broken = experimentResults(about, lost, DAY);
    expect(broken.sampleRatio.mismatch).toBe(true);
    expect(broken.verdicts[0]!.decision).toBe("untrustworthy");
    const empty = experimentResults(about, [], DAY);
    expect(empty.verdicts).toEqual([]);
    expect(empty.metrics["click"]!.arms).toMatchObject([{ users: 0, perRequest: null }, { users: 0 }]);
    const few = experimentResults(about, outcomes.slice(0, 3), DAY);
    expect(JSON.stringify(few)).not.toContain("NaN");
  });

  it("finds hardly more differences in A/A experiments than alpha, by the served assignment and results", () => {
    const { oneLook, alwaysValid, decided, sampleRatio } = falseAlarms(100);
    expect(oneLook).toBeLessThanOrEqual(12);
    expect(alwaysValid).toBeLessThanOrEqual(5);
    expect(decided).toBeLessThanOrEqual(5);
    expect(sampleRatio).toBeLessThanOrEqual(3);
  });
});
