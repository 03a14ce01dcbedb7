/**
 * Plackett-Luce: items drawn one after another without replacement, each in proportion to its weight w. It is a race:
 * item i arrives at a time of Exp(w_i), and the order of arrival is the ranking. So
 *   P(i at position k) = integral over t of w_i exp(-w_i t) P(k others have arrived by t) dt,
 * where the number of others is Poisson-binomial. The trapezoid rule in log t converges exponentially here. Weights are
 * given as logarithms, so that none vanishes.
 */

/** Step in log t: the error of the rule falls as exp(-pi^2 / step). */
const STEP = 0.25;
/** The integrand of item i is looked at where log(w_i t) lies between these; beyond, it adds less than 1e-13. */
const [EARLIEST, LATEST] = [-40, 4];
/** An arrival less likely than this is left out of the number of arrivals. */
const NEVER = 1e-15;

/** (K) P(shown[k] at position k), exact to about 1e-9; logWeights (n), shown (K) distinct places in it. */
export function positionProbabilities(logWeights: Float64Array, shown: Int32Array): Float64Array {
  const isShown = new Uint8Array(logWeights.length);
  for (const place of shown) isShown[place] = 1;
  const others = logWeights.filter((_, place) => isShown[place] === 0);
  const own = Float64Array.from(shown, (place) => logWeights[place]!);
  const result = new Float64Array(shown.length);
  const some = new Float64Array(shown.length);
  const all = new Float64Array(shown.length);
  for (const logTime of nodes(own)) {
    some.fill(0);
    some[0] = 1;
    for (const logWeight of others) convolve(some, logWeight + logTime);
    for (const [k, logWeight] of own.entries()) {
      const mean = Math.exp(logWeight + logTime);
      all.set(some);
      for (const [other, otherWeight] of own.entries()) if (other !== k) convolve(all, otherWeight + logTime);
      if (mean < Infinity) result[k]! += STEP * mean * Math.exp(-mean) * all[k]!;
    }
  }
  return result.map((p) => Math.max(Number.MIN_VALUE, Math.min(1, p)));
}

/** The grid of log t, as far as it matters for one of the items. */
function nodes(logWeights: Float64Array): number[] {
  const grid: number[] = [];
  for (const logWeight of logWeights.slice().sort().reverse()) {
    const from = Math.ceil((EARLIEST - logWeight) / STEP);
    const to = Math.floor((LATEST - logWeight) / STEP);
    const next = grid.length === 0 ? from : Math.max(from, grid.at(-1)! + 1);
    for (let node = next; node <= to; node++) grid.push(node);
  }
  return grid.map((node) => node * STEP);
}

/** Adds an arrival of probability 1 - exp(-mean) to the distribution of their number, cut at its length. */
function convolve(distribution: Float64Array, logMean: number): void {
  const p = -Math.expm1(-Math.exp(logMean));
  if (p < NEVER) return;
  for (let count = distribution.length - 1; count > 0; count--) {
    distribution[count] = distribution[count]! * (1 - p) + distribution[count - 1]! * p;
  }
  distribution[0]! *= 1 - p;
}

/**
 * (K) P(shown[k] | shown[0 .. k - 1]) = w / (sum of the weights that may be drawn); `leftAfter` says which may be, given
 * the places above, of those not drawn yet: all of them when absent.
 */
export function conditionalProbabilities(
  logWeights: Float64Array,
  shown: Int32Array,
  leftAfter?: (above: Int32Array) => (place: number) => boolean,
): Float64Array {
  const left = logWeights.slice();
  return Float64Array.from(shown, (place, position) => {
    const may = leftAfter?.(shown.subarray(0, position));
    if (may !== undefined) for (let other = 0; other < left.length; other++) if (!may(other)) left[other] = -Infinity;
    const most = left.reduce((a, b) => Math.max(a, b), -Infinity);
    const sum = left.reduce((total, logWeight) => total + Math.exp(logWeight - most), 0);
    left[place] = -Infinity;
    return Math.max(Number.MIN_VALUE, Math.min(1, Math.exp(logWeights[place]! - most) / sum));
  });
}
