import { PlatformError } from "@sequitur/core";
import { momentsOf } from "../experiments/moments.js";
import { ratioEstimate } from "../experiments/ratio-metric.js";
import { weightDiagnostics, type WeightDiagnostics } from "./weight-diagnostics.js";

/** The mean reward that the evaluation policy would have had, estimated from the log of another one. */
export interface OffPolicyEstimate {
  /** Short name, such as "snips". */
  readonly estimator: string;
  readonly value: number;
  /** Of the value, rows taken as independent; NaN for one row. */
  readonly standardError: number;
  /** (n) the value is their sum divided by that of `denominators`. */
  readonly contributions: Float64Array;
  /** (n) absent where the value is the plain mean of the contributions. */
  readonly denominators?: Float64Array;
  /** Of the unclipped importance weights; absent where the estimator has none. */
  readonly weights?: WeightDiagnostics;
  /** What makes the value suspect, in words; empty when nothing does. */
  readonly warnings: readonly string[];
}

export interface EstimateParts {
  readonly estimator: string;
  readonly contributions: Float64Array;
  readonly denominators?: Float64Array;
  readonly weights?: Float64Array;
  readonly warnings?: readonly string[];
}

/** Puts an estimate together. */
export function offPolicyEstimate(parts: EstimateParts): OffPolicyEstimate {
  const { estimator, contributions, denominators, weights, warnings = [] } = parts;
  const diagnostics = weights && weightDiagnostics(weights);
  return {
    estimator,
    ...valueOf(contributions, denominators),
    contributions,
    ...(denominators && { denominators }),
    ...(diagnostics && { weights: diagnostics }),
    warnings: [...(diagnostics?.warnings ?? []), ...warnings],
  };
}

function valueOf(contributions: Float64Array, denominators?: Float64Array) {
  const { count, mean, variance } = momentsOf(contributions);
  if (denominators === undefined) {
    return { value: mean, standardError: count > 1 ? Math.sqrt(variance / count) : Number.NaN };
  }
  if (count < 2) return { value: mean / denominators[0]!, standardError: Number.NaN };
  const { ratio, variance: squaredError } = ratioEstimate({ numerators: contributions, denominators });
  return { value: ratio, standardError: Math.sqrt(squaredError) };
}

/** (n) evaluation / logging. Throws `bad-data` where all are 0: no overlap. */
export function importanceWeights(evaluation: Float64Array, logging: Float64Array): Float64Array {
  const weights = evaluation.map((probability, row) => probability / logging[row]!);
  requireOverlap(weights);
  return weights;
}

/** Throws `bad-data` where all weights are 0. */
export function requireOverlap(weights: Float64Array): void {
  if (weights.some((weight) => weight !== 0)) return;
  const message = `no overlap: the evaluation policy must take some of the logged actions, got probability 0 for all of ${weights.length} rows.`;
  throw new PlatformError("bad-data", message);
}
