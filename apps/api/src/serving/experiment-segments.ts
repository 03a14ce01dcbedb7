import { holm, momentsOf, segmentEffects, type SegmentEffects } from "@sequitur/metrics";
import type { UserOutcome } from "@sequitur/store";
import type { ExperimentPlan } from "../schemas/experiment-schemas.js";

/** Users that each arm must have in a segment. */
const LEAST_USERS = 20;

/** Values of one attribute that are shown at most, those with the most users. */
const MOST_VALUES = 20;

export interface ArmUsers {
  readonly arm: string;
  readonly users: readonly UserOutcome[];
}

interface Split {
  readonly attribute: string;
  readonly arm: string;
  readonly effects: SegmentEffects;
}

/** The effect of each arm on the plan's metric by the values of users' attributes, corrected for all of them together. */
export function segmentsOf(byArm: readonly ArmUsers[], { segments, metric, alpha }: ExperimentPlan) {
  const [control, ...others] = byArm;
  const splits = segments.flatMap((attribute) =>
    others.flatMap((other) => splitOf(attribute, control!, other, { metric, level: 1 - alpha }) ?? []),
  );
  const adjusted = holm(splits.flatMap(({ effects }) => effects.segments.map(({ pValue }) => pValue)));
  let next = 0;
  return splits.map(({ attribute, arm, effects }) => ({
    attribute,
    arm,
    values: effects.segments.map(({ name, units, difference, low, high }) => {
      return { value: name, users: units, difference, low, high, adjustedPValue: adjusted[next++]! };
    }),
    heterogeneityPValue: effects.heterogeneity.pValue,
  }));
}

interface SplitRun {
  readonly metric: string;
  readonly level: number;
}

/** One arm against control by one attribute; undefined where fewer than two values have users enough. */
function splitOf(attribute: string, control: ArmUsers, other: ArmUsers, run: SplitRun): Split | undefined {
  const [base, own] = [byValue(attribute, control.users, run.metric), byValue(attribute, other.users, run.metric)];
  const found = [...base.keys()]
    .map((name) => ({ name, control: momentsOf(base.get(name)!), treatment: momentsOf(own.get(name) ?? []) }))
    .filter(({ control: a, treatment: b }) => Math.min(a.count, b.count) >= LEAST_USERS && a.variance + b.variance > 0)
    .sort((a, b) => b.control.count + b.treatment.count - a.control.count - a.treatment.count)
    .slice(0, MOST_VALUES);
  if (found.length < 2) return undefined;
  return { attribute, arm: other.arm, effects: segmentEffects(found, { level: run.level }) };
}

/** Each user's metric a request, by the value of an attribute; users without it are left out. */
function byValue(attribute: string, users: readonly UserOutcome[], metric: string): Map<string, number[]> {
  const values = new Map<string, number[]>();
  for (const { attributes, requests, feedback } of users) {
    const value = attributes[attribute];
    const isPlain = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
    if (!isPlain || requests === 0) continue;
    const own = values.get(`${value}`) ?? [];
    values.set(`${value}`, own);
    own.push((feedback[metric]?.sum ?? 0) / requests);
  }
  return values;
}
