import type { QueryBatch } from "@sequitur/core";
import { normalAt, rowStream } from "@sequitur/kernels";
import { checkListSize } from "@sequitur/recommender";
import type { DrawTable } from "./draw-table.js";
import type { Posterior } from "./posterior.js";
import { clicksOfQuery, startOf } from "./user-state.js";

/**
 * What ranks items for query b under posterior draws of all parameters: (k, keys) -> the k best items under each draw
 * that a key names, best first, ties to the lower item. Item vectors are drawn as they are measured and never stored.
 * Under the dot score one normal draws the whole product. `table` holds the very posterior.
 */
export function drawsOf(
  posterior: Posterior,
  table: DrawTable,
  batch: QueryBatch,
  b: number,
  candidates?: Int32Array,
): (k: number, keys: readonly number[]) => Int32Array[] {
  const clicks = clicksOfQuery(posterior, batch, b);
  const start = startOf(posterior, clicks);
  const count = candidates?.length ?? posterior.catalog.items.size;
  const { score } = posterior.config;
  return (k, keys) => {
    checkListSize(k);
    const size = Math.min(k, count);
    if (size === 0) return keys.map(() => new Int32Array(0));
    const states = keys.map((key) => table.preference(posterior, key, start, clicks, batch.users[b]!));
    if (score === "l2") return table.nearest(states, size, keys, candidates);
    const loss = productOf(clicks);
    return keys.map((key, draw) => {
      const best = new BestItems(size);
      for (let place = 0; place < count; place++) {
        const item = candidates ? candidates[place]! : place;
        const value = loss(posterior, states[draw]!, key, item);
        if (value <= best.limit) best.offer(item, value);
      }
      return best.items();
    });
  };
}

/**
 * -z.v for the drawn v. Given z it is normal with mean -z.m and variance sum (z_j s_j)^2, so that one number draws it;
 * but z was made of the vectors of the clicked items, which must therefore be drawn whole.
 */
function productOf(clicks: Int32Array): (posterior: Posterior, z: Float32Array, key: number, item: number) => number {
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
