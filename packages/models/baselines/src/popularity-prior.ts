import { maxOf } from "@sequitur/core";

/** (N) weight ln(1 + n_j) / ln(1 + max n), in [0, weight]; zeros where nothing was counted. */
export function popularityPrior(counts: Int32Array, weight: number): Float32Array {
  const most = Math.log1p(Math.max(0, maxOf(counts)));
  return Float32Array.from(counts, (count) => (most === 0 ? 0 : (weight * Math.log1p(count)) / most));
}
