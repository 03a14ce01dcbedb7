import { momentsOf } from "../experiments/moments.js";

/** How far a log can carry an estimate: what its importance weights look like. */
export interface WeightDiagnostics {
  readonly count: number;
  /** (sum w)^2 / sum w^2 (Kish 1965), in [1, count]: rows of equal weight that would be as informative. */
  readonly effectiveSampleSize: number;
  /** 1 up to noise where the propensities are right and the logging policy covers the evaluation policy. */
  readonly mean: number;
  readonly meanError: number;
  readonly max: number;
  /** Share of all weight that is on the heaviest row. */
  readonly largestShare: number;
  /** Share of rows whose action the evaluation policy never takes. */
  readonly zeroShare: number;
  /** What makes the estimate suspect, in words; empty when nothing does. */
  readonly warnings: readonly string[];
}

/** Standard errors from 1 at which a mean weight is reported. */
const MEAN_ERRORS = 4;
/** Estimates that rest on fewer effective rows are reported. */
const FEW_ROWS = 100;
const HEAVY_SHARE = 0.1;

/** Diagnoses importance weights, at least one of them above 0. */
export function weightDiagnostics(weights: Float64Array): WeightDiagnostics {
  const { count, mean, variance } = momentsOf(weights);
  let [squares, max, zeros] = [0, 0, 0];
  for (const weight of weights) {
    squares += weight * weight;
    max = Math.max(max, weight);
    if (weight === 0) zeros++;
  }
  const sum = mean * count;
  const meanError = Math.sqrt(variance / count);
  const effectiveSampleSize = (sum * sum) / squares;
  const largestShare = max / sum;
  const warnings: string[] = [];
  if (mean < 1 - MEAN_ERRORS * meanError) {
    const lost = (1 - mean).toPrecision(2);
    warnings.push(
      `missing support: the mean weight is ${mean.toPrecision(3)}, so about ${lost} of the evaluation policy's choices cannot occur in this log (or its propensities are too large).`,
    );
  }
  if (mean > 1 + MEAN_ERRORS * meanError) {
    warnings.push(
      `wrong propensities: the mean weight is ${mean.toPrecision(3)} and should be at most 1; the logged propensities are too small or the evaluation probabilities too large.`,
    );
  }
  if (effectiveSampleSize < FEW_ROWS) {
    warnings.push(`weak overlap: ${count} rows weigh like ${effectiveSampleSize.toFixed(1)}.`);
  }
  if (count > 1 / HEAVY_SHARE && largestShare > HEAVY_SHARE) {
    warnings.push(`one row carries ${(100 * largestShare).toFixed(0)} % of all weight.`);
  }
  return { count, effectiveSampleSize, mean, meanError, max, largestShare, zeroShare: zeros / count, warnings };
}
