import { activeSequitur, type SequiturBackend } from "../backend/sequitur-backend.js";
import { sumRows } from "../ops/embedding.js";
import { disposeRowGradient, type RowGradient } from "../row-gradients.js";
import { tf } from "../tensors.js";

/** The gradient of a sparse table: each touched row once, in order of first sight, with its sum. */
export interface MergedRows {
  /** (U) int32 */
  readonly rows: tf.Tensor1D;
  /** (U, D) */
  readonly values: tf.Tensor2D;
}

/** Sums deposits that name the same row of a table of `size`, in order of deposit, and disposes them; -1 is dropped. */
export function mergeRows(deposits: readonly RowGradient[], size: number): MergedRows {
  const backend = activeSequitur();
  const merged = backend === undefined ? composedMerge(deposits) : fusedMerge(backend, deposits, size);
  for (const deposit of deposits) disposeRowGradient(deposit);
  return merged;
}

function fusedMerge(backend: SequiturBackend, deposits: readonly RowGradient[], size: number): MergedRows {
  const { kernels, engine } = backend;
  const width = deposits[0].values.shape[1]!;
  const count = deposits.reduce((sum, { rows }) => sum + rows.size, 0);
  return engine.memory.withScratch((scratch) => {
    const [all, unique, places] = [scratch.ints(count), scratch.ints(count), scratch.ints(count)];
    let at = 0;
    for (const { rows } of deposits) {
      all.array.set(backend.ints(rows).array, at);
      at += rows.size;
    }
    const found = kernels.uniqueIndices(unique, places, all, size);
    const values = backend.output([found, width]);
    kernels.fill(values.block, 0);
    at = 0;
    for (const { rows, values: from } of deposits) {
      kernels.scatterAdd(values.block, backend.floats(from), places.part(at, rows.size), width);
      at += rows.size;
    }
    const rows = tf.tensor1d(unique.array.subarray(0, found), "int32");
    return { rows, values: values.tensor as tf.Tensor2D };
  });
}

function composedMerge(deposits: readonly RowGradient[]): MergedRows {
  const placeOf = new Map<number, number>();
  const places = deposits.flatMap(({ rows }) =>
    Array.from(rows.dataSync(), (row) => {
      if (row < 0) return -1;
      if (!placeOf.has(row)) placeOf.set(row, placeOf.size);
      return placeOf.get(row)!;
    }),
  );
  return tf.tidy(() => {
    const all = tf.concat(deposits.map(({ values }) => values)) as tf.Tensor2D;
    const rows = tf.tensor1d([...placeOf.keys()], "int32");
    return { rows, values: sumRows(all, tf.tensor1d(places, "int32"), placeOf.size) };
  });
}
