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

/** What an estimator makes of rows: a whole log, or one chunk of a log that is read in pieces. */
export interface EstimateParts {
  readonly estimator: string;
  /** (n) */
  readonly contributions: Float64Array;
  /** (n) absent where the value is the plain mean of the contributions. */
  readonly denominators?: Float64Array;
  /** Importance weights, one a row or one a shown position; they may all be 0 in a chunk. */
  readonly weights?: Float64Array;
  /** Whether any position has a weight, where that is more than `weights` says: they are those of whole slates. */
  readonly overlaps?: boolean;
  /** Weight that the estimator takes away on purpose. */
  readonly loss?: WeightLoss;
  readonly warnings?: readonly string[];
}

/** Weight that clipping or switching took away. */
export interface WeightLoss {
  /** Such as "weights above 10 were cut". */
  readonly what: string;
  readonly rows: number;
  /** Sum of the weight taken away. */
  readonly weight: number;
}

/** What is said where only parts of slates have a weight. */
export const ONLY_FIRST_POSITIONS =
  "no whole slate of the log can come from the evaluation policy: only its first positions count.";

/** The estimate of a whole log. Throws `bad-data` where all its weights are 0: no overlap. */
export function wholeEstimate(parts: EstimateParts): OffPolicyEstimate {
  const { weights, ...rest } = parts;
  if (weights === undefined || weights.some((weight) => weight !== 0)) return offPolicyEstimate(parts);
  if (rest.overlaps !== true) throw noOverlap(weights.length);
  return offPolicyEstimate({ ...rest, warnings: [ONLY_FIRST_POSITIONS] });
}

/** The error of a log that shares no choice with the evaluation policy. */
export function noOverlap(rows: number): PlatformError {
  const message = `no overlap: the evaluation policy must take some of the logged actions, got probability 0 for all of ${rows} rows.`;
  return new PlatformError("bad-data", message);
}

/** The sentence that tells of lost weight; empty when none was lost. */
export function lossWarnings(loss: WeightLoss | undefined, rows: number): readonly string[] {
  if (loss === undefined || loss.rows === 0) return [];
  return [`${loss.what} in ${loss.rows} rows: ${(loss.weight / rows).toPrecision(2)} of the mean weight is gone.`];
}

/** Puts an estimate together. */
export function offPolicyEstimate(parts: EstimateParts): OffPolicyEstimate {
  const { estimator, contributions, denominators, weights, loss, warnings = [] } = parts;
  const diagnostics = weights && weightDiagnostics(weights);
  return {
    estimator,
    ...valueOf(contributions, denominators),
    contributions,
    ...(denominators && { denominators }),
    ...(diagnostics && { weights: diagnostics }),
    warnings: [...(diagnostics?.warnings ?? []), ...lossWarnings(loss, contributions.length), ...warnings],
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

/** (n) evaluation / logging. */
export function importanceWeights(evaluation: Float64Array, logging: Float64Array): Float64Array {
  return evaluation.map((probability, row) => probability / logging[row]!);
}
