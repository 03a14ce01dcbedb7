import { studentQuantile } from "../distributions/student.js";
import { limitsOfShares, unitMean, type UnitMean } from "../intervals/mean-interval.js";

/** Limits of the mean of paired differences; NaN where the pairs allow none. */
export interface PairedLimits {
  readonly low: number;
  readonly high: number;
}

/**
 * The interval of the mean of paired differences, judged by its units. Where at least half of the pairs differ it is
 * Student's t. Differences of values in [0, 1] of which most are 0, as those of hits are, have too few that count for
 * that: gains and losses then get the limits of a share each, which are joined by their distances and correlation
 * (MOVER, Newcombe 1998). Runs that agree in every one of n pairs so get about -3 / n to 3 / n, not 0 to 0.
 */
export function pairedLimits(
  differences: Float64Array,
  judged: UnitMean,
  level: number,
  clusters: Int32Array | undefined,
): PairedLimits {
  if (judged.units < 2) return { low: Number.NaN, high: Number.NaN };
  const differing = differences.reduce((count, value) => count + Number(value !== 0 && !Number.isNaN(value)), 0);
  const isBounded = differences.every((value) => !(Math.abs(value) > 1));
  if (isBounded && 2 * differing < judged.count) return sparseLimits(differences, judged, level, clusters);
  if (!(judged.standardError > 0)) return { low: Number.NaN, high: Number.NaN };
  const reach = studentQuantile((1 + level) / 2, judged.degrees) * judged.standardError;
  return { low: judged.mean - reach, high: judged.mean + reach };
}

function sparseLimits(
  differences: Float64Array,
  { mean, standardError }: UnitMean,
  level: number,
  clusters: Int32Array | undefined,
): PairedLimits {
  // NaN stays NaN in both.
  const gains = unitMean(
    differences.map((value) => (value < 0 ? 0 : value)),
    clusters,
  );
  const losses = unitMean(
    differences.map((value) => (value > 0 ? 0 : -value)),
    clusters,
  );
  const [gain, loss] = [limitsOfShares(gains, level), limitsOfShares(losses, level)];
  const both = gains.standardError * losses.standardError;
  // Var(gains - losses) = Var(gains) + Var(losses) - 2 Cov.
  const covariance = (gains.standardError ** 2 + losses.standardError ** 2 - standardError ** 2) / 2;
  const correlation = both > 0 ? Math.max(-1, Math.min(1, covariance / both)) : 0;
  const joined = (a: number, b: number): number => Math.sqrt(Math.max(0, a * a + b * b - 2 * correlation * a * b));
  return {
    low: mean - joined(gains.mean - gain.low, loss.high - losses.mean),
    high: mean + joined(gain.high - gains.mean, losses.mean - loss.low),
  };
}
