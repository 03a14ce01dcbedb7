import { DAY_MS, minOf } from "@sequitur/core";
import {
  readDesign,
  readMetric,
  sampleRatioTest,
  verdictsOf,
  type ArmReading,
  type ArmSample,
  type ArmVerdict,
  type GuardrailReading,
  type MetricReading,
} from "@sequitur/metrics";
import {
  experimentOutcomes,
  experimentRows,
  sessionOutcomes,
  type Experiment,
  type ExperimentRow,
  type Store,
  type UserOutcome,
} from "@sequitur/store";
import { keepsArms, planOf, type ExperimentPlan } from "../schemas/experiment-schemas.js";
import { designOf, rowsOf } from "./experiment-design.js";
import { designOut } from "./experiment-design-out.js";
import { segmentsOf, type ArmUsers } from "./experiment-segments.js";

/** Users that every arm must expect before their counts are tested. */
const LEAST_EXPECTED = 5;

/** What came of an experiment. */
export interface ExperimentLog {
  /** One entry a user or session that keeps an arm; empty where they keep none. */
  readonly outcomes: readonly UserOutcome[];
  /** One entry a request; read for the kinds of experiment that go by requests. */
  readonly rows: readonly ExperimentRow[];
}

/** What an experiment says now, from the store. */
export async function readExperiment(store: Store, experiment: Experiment) {
  const { experimentId } = experiment;
  const plan = planOf(experiment);
  const { design, unit, metric } = plan;
  const outcomesOf = unit === "user" ? experimentOutcomes : sessionOutcomes;
  const log: ExperimentLog = {
    outcomes: keepsArms(plan) ? await outcomesOf(store, experimentId) : [],
    rows: design.kind === "ab" ? [] : await experimentRows(store, experimentId, metric),
  };
  return experimentResults(experiment, log, store.now());
}

/**
 * What an experiment says so far, by the code that also reads simulated ones (`readMetric`, `readDesign`): a metric is the
 * sum of a kind of feedback a request, units are users or sessions, the first arm is control.
 */
export function experimentResults(experiment: Experiment, log: ExperimentLog, now: number) {
  const { arms, experimentId, status } = experiment;
  const plan = planOf(experiment);
  const byArm = arms.map(({ arm }) => ({ arm, users: log.outcomes.filter((outcome) => outcome.arm === arm) }));
  const found = log.outcomes.flatMap(({ feedback }) => Object.keys(feedback));
  const isSticky = keepsArms(plan);
  const wanted = isSticky ? [plan.metric, ...plan.guardrails.map(({ metric }) => metric), ...found] : [];
  const days = daysOf(experiment, now);
  const readings = new Map([...new Set(wanted)].sort().map((kind) => [kind, readingOf(kind, byArm, plan, days)]));
  const sampleRatio = isSticky
    ? sampleRatioOf(
        byArm.map(({ users }) => users.length),
        arms.map(({ weight }) => weight),
      )
    : { pValue: null, mismatch: false };
  const basic = isSticky ? basicVerdicts(plan, readings, sampleRatio) : [];
  const design = readingOfDesign(experiment, plan, log.rows);
  return {
    experimentId,
    status,
    plan,
    verdicts: [...(design === undefined ? basic : withAlarms(design.verdicts, basic))],
    design: design === undefined ? null : designOut(design.reading),
    sampleRatio,
    arms: isSticky ? byArm.map(armOut) : arms.map(({ arm }) => requestsOf(arm, log.rows)),
    metrics: Object.fromEntries([...readings].map(([kind, own]) => [kind, metricOut(own, kind, byArm)])),
    segments: segmentsOf(byArm, plan),
  };
}

function basicVerdicts(
  plan: ExperimentPlan,
  readings: ReadonlyMap<string, MetricReading>,
  sampleRatio: { readonly mismatch: boolean },
): readonly ArmVerdict[] {
  const guardrails = plan.guardrails.map(({ metric, tolerated, more }): GuardrailReading => ({
    name: metric,
    tolerated,
    more,
    reading: readings.get(metric)!,
  }));
  const { metric, alpha } = plan;
  return verdictsOf({ metric, alpha, reading: readings.get(metric)!, guardrails, sampleRatio });
}

/** What the kind of experiment says, unless the split is broken or a guardrail is harmed. */
function withAlarms(verdicts: readonly ArmVerdict[], basic: readonly ArmVerdict[]): readonly ArmVerdict[] {
  return verdicts.map((verdict) => {
    const own = basic.find(({ arm }) => arm === verdict.arm);
    return own?.decision === "guardrail" || own?.decision === "untrustworthy" ? own : verdict;
  });
}

function readingOfDesign(experiment: Experiment, plan: ExperimentPlan, rows: readonly ExperimentRow[]) {
  const design = designOf(plan.design);
  if (design === undefined) return undefined;
  const arms = experiment.arms.map(({ arm }) => arm);
  const { alpha, metric } = plan;
  const run = { alpha, metric, salt: experiment.salt, startMs: experiment.startedAt ?? 0 };
  return readDesign(design, rowsOf(arms, rows, design), run);
}

function armOut({ arm, users }: ArmUsers) {
  return {
    arm,
    users: users.length,
    requests: users.reduce((sum, { requests }) => sum + requests, 0),
    impressions: users.reduce((sum, { impressions }) => sum + impressions, 0),
  };
}

/** Requests that an arm answered, and of how many users, where users keep none. */
function requestsOf(arm: string, rows: readonly ExperimentRow[]) {
  const own = rows.filter((row) => row.arm === arm);
  return { arm, users: new Set(own.map(({ unit }) => unit)).size, requests: own.length, impressions: null };
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
