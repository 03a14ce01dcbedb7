import { DAY_MS, minOf } from "@sequitur/core";
import {
  readMetric,
  sampleRatioTest,
  verdictsOf,
  type ArmReading,
  type ArmSample,
  type GuardrailReading,
  type MetricReading,
} from "@sequitur/metrics";
import type { Experiment, UserOutcome } from "@sequitur/store";
import { planOf, type ExperimentPlan } from "../schemas/experiment-schemas.js";

/** Users that every arm must expect before their counts are tested. */
const LEAST_EXPECTED = 5;

/**
 * What an experiment says so far, by the code that also reads simulated ones (`readMetric`): a metric is the sum of a kind
 * of feedback a request, units are users, the first arm is control.
 */
export function experimentResults(experiment: Experiment, outcomes: readonly UserOutcome[], now: number) {
  const { arms, experimentId, status } = experiment;
  const plan = planOf(experiment);
  const byArm = arms.map(({ arm }) => ({ arm, users: outcomes.filter((outcome) => outcome.arm === arm) }));
  const found = outcomes.flatMap(({ feedback }) => Object.keys(feedback));
  const kinds = [...new Set([plan.metric, ...plan.guardrails.map(({ metric }) => metric), ...found])].sort();
  const days = daysOf(experiment, now);
  const readings = new Map(kinds.map((kind) => [kind, readingOf(kind, byArm, plan, days)]));
  const sampleRatio = sampleRatioOf(
    byArm.map(({ users }) => users.length),
    arms.map(({ weight }) => weight),
  );
  const guardrails = plan.guardrails.map(({ metric, tolerated, more }): GuardrailReading => ({
    name: metric,
    tolerated,
    more,
    reading: readings.get(metric)!,
  }));
  const reading = readings.get(plan.metric)!;
  const verdicts = verdictsOf({ metric: plan.metric, alpha: plan.alpha, reading, guardrails, sampleRatio });
  return {
    experimentId,
    status,
    plan,
    verdicts,
    sampleRatio,
    arms: byArm.map(({ arm, users }) => ({
      arm,
      users: users.length,
      requests: users.reduce((sum, { requests }) => sum + requests, 0),
      impressions: users.reduce((sum, { impressions }) => sum + impressions, 0),
    })),
    metrics: Object.fromEntries([...readings].map(([kind, own]) => [kind, metricOut(own, kind, byArm)])),
  };
}

interface ArmUsers {
  readonly arm: string;
  readonly users: readonly UserOutcome[];
}

function daysOf({ startedAt, stoppedAt }: Experiment, now: number): number {
  return startedAt === undefined ? 0 : Math.max(0, (stoppedAt ?? now) - startedAt) / DAY_MS;
}

function readingOf(kind: string, byArm: readonly ArmUsers[], plan: ExperimentPlan, days: number): MetricReading {
  const samples = byArm.map(({ arm, users }) => sampleOf(kind, arm, users));
  const { alpha, power, effect } = plan;
  return readMetric(samples, { control: byArm[0]!.arm, alpha, power, effect, days });
}

/** Users with at least one request; their past is the same feedback before they were first exposed. */
function sampleOf(kind: string, arm: string, outcomes: readonly UserOutcome[]): ArmSample {
  const users = outcomes.filter(({ requests }) => requests > 0);
  return {
    arm,
    numerators: Float64Array.from(users, ({ feedback }) => feedback[kind]?.sum ?? 0),
    denominators: Float64Array.from(users, ({ requests }) => requests),
    covariates: Float64Array.from(users, ({ before }) => (before === null ? Number.NaN : (before[kind] ?? 0))),
  };
}

/** pValue null while an arm expects too few users for the test. */
function sampleRatioOf(counts: readonly number[], weights: readonly number[]) {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  const fewest = (total * minOf(weights)) / whole;
  if (fewest < LEAST_EXPECTED) return { pValue: null, mismatch: false };
  const { pValue, mismatch } = sampleRatioTest(counts, weights);
  return { pValue, mismatch };
}

function metricOut({ arms, effects, power }: MetricReading, kind: string, byArm: readonly ArmUsers[]) {
  return {
    arms: arms.map(({ arm, units, value }, at) => ({
      arm,
      users: units,
      count: byArm[at]!.users.reduce((sum, { feedback }) => sum + (feedback[kind]?.count ?? 0), 0),
      perRequest: value,
    })),
    effects: effects.map(effectOut),
    power: power && { ...power, daysNeeded: power.daysNeeded },
  };
}

function effectOut(effect: ArmReading) {
  const { arm, difference, low, high, relativeEffect, pValue, adjustedPValue, alwaysValid, cuped } = effect;
  return {
    arm,
    difference,
    low,
    high,
    relative: relativeEffect,
    pValue,
    adjustedPValue,
    alwaysValid,
    cuped: cuped && {
      difference: cuped.difference,
      low: cuped.low,
      high: cuped.high,
      pValue: cuped.pValue,
      varianceReduction: cuped.varianceReduction,
      withoutHistory: cuped.withoutHistory,
      warnings: cuped.warnings,
    },
  };
}
