import { PlatformError, type QueryBatch } from "@sequitur/core";
import { distinctItems } from "./distinct-items.js";
import type { FactorModel } from "./factor-model.js";
import { innerProduct, rowOf } from "./factor-tables.js";

/** Items of a history that stand nearest to a recommended one. */
export interface Explanation {
  /** Item indices, nearest first, ties to the lower. */
  readonly items: Int32Array;
  /** Cosine of the item vectors, in [-1, 1], aligned with items. */
  readonly similarities: Float32Array;
}

/** Why query `b` may get `item`: the `most` items of its history whose vectors point the same way. */
export function explain(model: FactorModel, batch: QueryBatch, b: number, item: number, most = 3): Explanation {
  const size = model.catalog.items.size;
  if (!(Number.isInteger(item) && item >= 0 && item < size)) {
    throw new PlatformError("bad-data", `item must be in [0, ${size}), got ${item}.`);
  }
  const { factors, items: table } = model.tables;
  const target = rowOf(table, factors, item);
  const nearest = Array.from(distinctItems(batch, b, size))
    .filter((other) => other !== item)
    .map((other) => ({ other, cosine: cosine(target, rowOf(table, factors, other)) }))
    .sort((x, y) => y.cosine - x.cosine || x.other - y.other)
    .slice(0, most);
  return {
    items: Int32Array.from(nearest, ({ other }) => other),
    similarities: Float32Array.from(nearest, (entry) => entry.cosine),
  };
}

/** 0 where a vector is 0. */
function cosine(x: Float32Array, y: Float32Array): number {
  const lengths = Math.sqrt(innerProduct(x, x) * innerProduct(y, y));
  return lengths > 0 ? innerProduct(x, y) / lengths : 0;
}
