import type { SlotName } from "./globals.js";
import { scaleOf, type Trainee } from "./trainee.js";
import type { Choices } from "./windows.js";

/** sigma of a group counts as max(|sigma|, this). */
export const GROUP_SCALE_FLOOR = 0.001;

/** How the item terms are shared out; see `lossGradient`. */
export interface PriorShare {
  readonly expectedTouches: Float64Array;
  /** B. */
  readonly size: number;
}

/**
 * Adds KL(q(v_i) | N(mu_g, sigma_g^2)) of the batch's items for drawn mu_g and sigma_g; with q = N(m, s^2), a dimension:
 *   log(sigma / s) + (s^2 + (m - mu)^2) / (2 sigma^2) - 1/2.
 * Its gradient goes to the means and rhos of the items, (n, 2D), and to the drawn groups.
 */
export function addItemPrior(
  gItems: Float32Array,
  gDrawn: Float32Array,
  { items, groups, globals, config }: Trainee,
  batch: Choices,
  drawn: Float32Array,
  scales: Float32Array,
  { expectedTouches, size }: PriorShare,
): number {
  const { width, maxScale } = config;
  const values = items.values.array;
  let loss = 0;
  for (let place = 0; place < batch.items.length; place++) {
    const item = batch.items[place]!;
    const share = batch.touches[place]! / (expectedTouches[item]! * size);
    const group = groups.of[item]! * width;
    for (let j = 0; j < width; j++) {
      const meanAt = globals.groupMean.from + group + j;
      const scaleAt = globals.groupScale.from + group + j;
      const given = drawn[scaleAt]!;
      const sigma = Math.max(Math.abs(given), GROUP_SCALE_FLOOR);
      const s = scales[place * width + j]!;
      const gap = values[item * 2 * width + j]! - drawn[meanAt]!;
      const variance = sigma * sigma;
      const gapSlope = (share * gap) / variance;
      loss += share * (Math.log(sigma / s) + (s * s + gap * gap) / (2 * variance) - 0.5);
      gItems[place * 2 * width + j]! += gapSlope;
      gItems[place * 2 * width + width + j]! += share * (s / variance - 1 / s) * s * (1 - s / maxScale);
      gDrawn[meanAt]! -= gapSlope;
      if (sigma > GROUP_SCALE_FLOOR) {
        gDrawn[scaleAt]! += Math.sign(given) * share * (1 / sigma - (s * s + gap * gap) / (variance * sigma));
      }
    }
  }
  return loss;
}

/** Adds KL / U of the learned globals from their fixed normal priors; clears the gradient of all others. */
export function addOthersPrior(
  gradient: Float32Array,
  values: Float32Array,
  { globals, config }: Pick<Trainee, "globals" | "config">,
  learned: readonly SlotName[],
  windows: number,
): number {
  const { maxScale } = config;
  const isLearned = new Uint8Array(globals.size);
  let loss = 0;
  for (const name of learned) {
    const { from, size, prior } = globals[name];
    isLearned.fill(1, from, from + size);
    if (prior === undefined) continue;
    const variance = prior.scale ** 2;
    for (let at = from; at < from + size; at++) {
      const s = scaleOf(values[globals.size + at]!, maxScale);
      const gap = values[at]! - prior.mean;
      loss += (Math.log(prior.scale / s) + (s * s + gap * gap) / (2 * variance) - 0.5) / windows;
      gradient[at]! += gap / variance / windows;
      gradient[globals.size + at]! += ((s / variance - 1 / s) * s * (1 - s / maxScale)) / windows;
    }
  }
  for (let at = 0; at < globals.size; at++) {
    if (isLearned[at] === 1) continue;
    gradient[at] = 0;
    gradient[globals.size + at] = 0;
  }
  return loss;
}
