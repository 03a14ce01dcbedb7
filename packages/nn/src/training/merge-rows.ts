import { disposeRowGradient, type RowGradient } from "../row-gradients.js";
import { tf } from "../tensors.js";
import { sumRows } from "../ops/embedding.js";

/** The gradient of a sparse table: each touched row once, ascending by first sight, with its sum. */
export interface MergedRows {
  /** (U) int32 */
  readonly rows: tf.Tensor1D;
  /** (U, D) */
  readonly values: tf.Tensor2D;
}

/** Row -> place among the unique rows, or -1; kept between calls, since filling it would cost more than a step. */
let placeOf = new Int32Array(0);

/** Sums deposits that name the same row, in order of deposit, and disposes them; negative rows are dropped. */
export function mergeRows(deposits: readonly RowGradient[], size: number): MergedRows {
  if (placeOf.length < size) placeOf = new Int32Array(size).fill(-1);
  const unique: number[] = [];
  const places = deposits.map(({ rows }) => {
    const source = rows.dataSync();
    const place = new Int32Array(source.length);
    for (let i = 0; i < source.length; i++) {
      const row = source[i];
      if (row < 0) {
        place[i] = -1;
        continue;
      }
      if (placeOf[row] < 0) placeOf[row] = unique.push(row) - 1;
      place[i] = placeOf[row];
    }
    return place;
  });
  for (const row of unique) placeOf[row] = -1;
  const merged = tf.tidy(() => {
    const all =
      deposits.length === 1
        ? deposits[0].values
        : tf.concat(
            deposits.map(({ values }) => values),
            0,
          );
    const place = tf.tensor1d(joined(places), "int32");
    return { rows: tf.tensor1d(unique, "int32"), values: sumRows(all as tf.Tensor2D, place, unique.length) };
  });
  for (const deposit of deposits) disposeRowGradient(deposit);
  return merged;
}

function joined(parts: readonly Int32Array[]): Int32Array {
  if (parts.length === 1) return parts[0];
  const all = new Int32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
