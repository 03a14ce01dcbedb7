/** Scale of the prior of the first state: h_0 ~ N(0, 0.5^2 I). */
export const START_PRIOR_SCALE = 0.5;
const FLOOR = 1e-6;
const DECAY = -4;

/**
 * The first state as published (`compat: "paper"`), amortised over the clicks, for s = 1: mean = sum of w_t E[v_t] and scale = sqrt(weighted variance + 1e-6) over the
 * clicks, with w_t proportional to (running click count)^-4, so that the first click dominates. The prior where there
 * are no clicks; returns whether there are. In training these are the clicks that the state is to predict. Writes mean and scale (D); vectors (n, D) row-major.
 */
export function startState(
  mean: Float32Array,
  scale: Float32Array,
  clicks: Int32Array,
  vectors: Float32Array,
  stride = mean.length,
): boolean {
  const width = mean.length;
  mean.fill(0);
  if (clicks.length === 0) {
    scale.fill(START_PRIOR_SCALE);
    return false;
  }
  scale.fill(0);
  let total = 0;
  for (let place = 0; place < clicks.length; place++) {
    const weight = (place + 1) ** DECAY;
    const at = clicks[place]! * stride;
    total += weight;
    for (let j = 0; j < width; j++) {
      // Running weighted mean and sum of squares (West 1979).
      const gap = vectors[at + j]! - mean[j]!;
      const step = (gap * weight) / total;
      mean[j]! += step;
      scale[j]! += weight * gap * (gap - step);
    }
  }
  for (let j = 0; j < width; j++) scale[j] = Math.sqrt(scale[j]! / total + FLOOR);
  return true;
}
