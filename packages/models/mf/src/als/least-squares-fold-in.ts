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
  const solve = (table: Float32Array, factors: number, places: Int32Array, values?: Float32Array): Float32Array => {
    const used = engine ?? engineFor();
    let gram = grams.get(table);
    if (gram === undefined) {
      gram = gramOf(used, table, factors);
      grams.set(table, gram);
    }
    return solveRow(used, table, { gram, factors, places, values }, config);
  };
  return {
    user: ({ factors, items }: FactorTables, places, values) => ({
      vector: solve(items, factors, places, values),
      bias: 0,
    }),
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

interface RowToSolve {
  readonly gram: Float32Array;
  readonly factors: number;
  readonly places: Int32Array;
  readonly values: Float32Array | undefined;
}

function solveRow(
  { memory, kernels }: Engine,
  table: Float32Array,
  { gram, factors, places, values }: RowToSolve,
  { decay, confidence }: { readonly decay: number; readonly confidence: number },
): Float32Array {
  const width = paddedWidth(factors);
  return memory.withScratch((scratch) => {
    const [x, y, squares] = [scratch.floats(width), scratch.floats(places.length * width), scratch.floats(gram.length)];
    const [offsets, columns] = [scratch.ints(2), scratch.ints(places.length)];
    const own = new Float32Array(places.length * factors);
    const order = Int32Array.from(places.keys()).sort((a, b) => places[a]! - places[b]!);
    const sorted = Int32Array.from(order, (at) => places[at]!);
    const extra = values && scratch.floats(places.length);
    extra?.array.set(Float32Array.from(order, (at) => Math.max(0, confidence * values![at]! - 1)));
    sorted.forEach((place, at) => own.set(table.subarray(place * factors, (place + 1) * factors), at * factors));
    copyPadded(y.array, own, factors, width);
    squares.array.set(gram);
    x.array.fill(0);
    offsets.array.set([0, places.length]);
    columns.array.forEach((_, at) => (columns.array[at] = at));
    const shape = { rows: 1, columns: places.length, width, steps: STEPS, weight: confidence - 1, decay };
    kernels.alsRows(x, y, squares, offsets, columns, extra, shape);
    return x.array.slice(0, factors);
  });
}
