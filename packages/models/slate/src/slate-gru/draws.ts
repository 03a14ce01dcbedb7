import { PlatformError, type QueryBatch } from "@sequitur/core";
import { normalAt, rowStream } from "./counter-normal.js";
import type { Posterior } from "./posterior.js";
import { clicksOfQuery, drawParameters, userPreference } from "./user-state.js";

/**
 * The k best items of query b under one posterior draw of all parameters, best first, ties to the lower item. Item
 * vectors are drawn a number at a time and never stored; under the l2 score an item is left as soon as it is further
 * away than the k best so far, which changes nothing but the time. Under the dot score one normal draws the whole product.
 */
export function topUnderDraw(
  posterior: Posterior,
  batch: QueryBatch,
  b: number,
  k: number,
  key: number,
  candidates?: Int32Array,
): Int32Array {
  if (!(Number.isInteger(k) && k >= 1)) {
    throw new PlatformError("bad-config", `k must be a positive integer, got ${k}.`);
  }
  const parameters = drawParameters(posterior, key);
  const clicks = clicksOfQuery(posterior, batch, b);
  const z = userPreference(posterior, parameters, clicks, batch.users[b]!);
  const count = candidates?.length ?? posterior.catalog.items.size;
  const loss = posterior.config.score === "l2" ? squaredDistance : productOf(clicks);
  const best = new BestItems(Math.min(k, count));
  for (let place = 0; place < count; place++) {
    const item = candidates ? candidates[place]! : place;
    const value = loss(posterior, z, key, item, best.limit);
    if (value <= best.limit) best.offer(item, value);
  }
  return best.items();
}

/** |z - v|^2 for the drawn v, or any larger number as soon as it exceeds the limit. */
function squaredDistance(
  { itemMeans, itemScales }: Posterior,
  z: Float32Array,
  key: number,
  item: number,
  limit: number,
): number {
  const at = item * z.length;
  const stream = rowStream(key, item);
  let sum = 0;
  for (let j = 0; j < z.length; j++) {
    const gap = z[j]! - itemMeans[at + j]! - itemScales[at + j]! * normalAt(stream, j);
    sum += gap * gap;
    if (sum > limit) return sum;
  }
  return sum;
}

/**
 * -z.v for the drawn v. Given z it is normal with mean -z.m and variance sum (z_j s_j)^2, so that one number draws it; but
 * z was made of the vectors of the clicked items, which must therefore be drawn whole.
 */
function productOf(clicks: Int32Array): typeof squaredDistance {
  const clicked = new Set(clicks);
  return ({ itemMeans, itemScales }, z, key, item) => {
    const at = item * z.length;
    const stream = rowStream(key, item);
    const whole = clicked.has(item);
    let [sum, variance] = [0, 0];
    for (let j = 0; j < z.length; j++) {
      sum -= z[j]! * itemMeans[at + j]!;
      const scale = z[j]! * itemScales[at + j]!;
      if (whole) sum -= scale * normalAt(stream, j);
      else variance += scale * scale;
    }
    return whole ? sum : sum - Math.sqrt(variance) * normalAt(stream, 0);
  };
}

/** The `size` items of least value, ties to the lower item. */
class BestItems {
  /** A value above this cannot be among the best. */
  limit = Infinity;
  private readonly size: number;
  private readonly kept: { readonly item: number; readonly value: number }[] = [];

  constructor(size: number) {
    this.size = size;
  }

  offer(item: number, value: number): void {
    const { kept, size } = this;
    const isBefore = (other: { item: number; value: number }): boolean =>
      other.value < value || (other.value === value && other.item < item);
    let at = kept.length;
    while (at > 0 && !isBefore(kept[at - 1]!)) at--;
    if (at === size) return;
    kept.splice(at, 0, { item, value });
    if (kept.length > size) kept.pop();
    if (kept.length === size) this.limit = kept[size - 1]!.value;
  }

  items(): Int32Array {
    return Int32Array.from(this.kept, ({ item }) => item);
  }
}
