import { PlatformError, maxOf } from "@sequitur/core";
import type { SeasonConfig } from "./season-config.js";

/**
 * How each period is made of those that training knows: (P, P) row-major, rows sum to 1,
 * w[p, q] ~ exp(-d(p, q)^2 / (2 width^2)) n_q / (n_q + evidence), with d in months around the year and n_q the training
 * check-ins of period q. A period that training never saw is the mix of its nearest seen neighbours; without any check-in
 * every period counts the same, so that the kernel alone speaks.
 */
export function seasonMixture(counts: ArrayLike<number>, config: SeasonConfig): Float32Array {
  const { periods, widthMonths, evidence } = config;
  if (counts.length !== periods) {
    throw new PlatformError("bad-data", `season counts must have ${periods} entries, got ${counts.length}.`);
  }
  const nothing = Array.from(counts).every((count) => count === 0);
  const known = Array.from(counts, (count) => (nothing ? 0 : Math.log(count / (count + evidence || 1))));
  const mixture = new Float32Array(periods * periods);
  for (let p = 0; p < periods; p++) {
    // In logarithms, so that a narrow kernel far from any data still finds its nearest period.
    const logs = known.map((log, q) => {
      const apart = Math.abs(p - q);
      const months = (Math.min(apart, periods - apart) * 12) / periods;
      return log - (months / widthMonths) ** 2 / 2;
    });
    const most = maxOf(logs);
    const weights = logs.map((log) => Math.exp(log - most));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    weights.forEach((weight, q) => (mixture[p * periods + q] = weight / sum));
  }
  return mixture;
}
