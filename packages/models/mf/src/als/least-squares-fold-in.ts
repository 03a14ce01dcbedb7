import { engineFor, type Engine } from "@sequitur/kernels";
import type { FoldIn } from "../folding/fold-in.js";
import type { FactorTables } from "../serving/factor-tables.js";
import { copyPadded, paddedWidth } from "../serving/item-index.js";

/** Steps enough to solve, not only to improve; the system is as small as the vector. */
const STEPS = 30;

/** The one vector that the training's own half step would give with everything else fixed. */
export function leastSquaresFoldIn(
  config: { readonly decay: number; readonly confidence: number },
  engine?: Engine,
): FoldIn {
  const grams = new WeakMap<Float32Array, Float32Array>();
  const solve = (table: Float32Array, factors: number, places: Int32Array): Float32Array => {
    const used = engine ?? engineFor();
    let gram = grams.get(table);
    if (gram === undefined) {
      gram = gramOf(used, table, factors);
      grams.set(table, gram);
    }
    return solveRow(used, table, gram, factors, places, config);
  };
  return {
    user: ({ factors, items }: FactorTables, places) => ({ vector: solve(items, factors, places), bias: 0 }),
    item: ({ factors, users }: FactorTables, places) => ({ vector: solve(users, factors, places), bias: 0 }),
  };
}

/** (width, width) Y'Y of the padded rows. */
function gramOf({ memory, kernels }: Engine, table: Float32Array, factors: number): Float32Array {
  const width = paddedWidth(factors);
  const rows = table.length / factors;
  return memory.withScratch((scratch) => {
    const [y, gram] = [scratch.floats(rows * width), scratch.floats(width * width)];
    copyPadded(y.array, table, factors, width);
    kernels.matmul(gram, y, y, { m: width, n: width, k: rows, transposeA: true });
    return gram.array.slice();
  });
}

function solveRow(
  { memory, kernels }: Engine,
  table: Float32Array,
  gram: Float32Array,
  factors: number,
  places: Int32Array,
  { decay, confidence }: { readonly decay: number; readonly confidence: number },
): Float32Array {
  const width = paddedWidth(factors);
  return memory.withScratch((scratch) => {
    const [x, y, squares] = [scratch.floats(width), scratch.floats(places.length * width), scratch.floats(gram.length)];
    const [offsets, columns] = [scratch.ints(2), scratch.ints(places.length)];
    const own = new Float32Array(places.length * factors);
    const sorted = places.slice().sort();
    sorted.forEach((place, at) => own.set(table.subarray(place * factors, (place + 1) * factors), at * factors));
    copyPadded(y.array, own, factors, width);
    squares.array.set(gram);
    x.array.fill(0);
    offsets.array.set([0, places.length]);
    columns.array.forEach((_, at) => (columns.array[at] = at));
    const shape = { rows: 1, columns: places.length, width, steps: STEPS, weight: confidence - 1, decay };
    kernels.alsRows(x, y, squares, offsets, columns, undefined, shape);
    return x.array.slice(0, factors);
  });
}
