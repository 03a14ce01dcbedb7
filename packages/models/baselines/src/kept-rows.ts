import type { SparseRows } from "@sequitur/recommender";

/** What `Largest` kept for one row of a matrix. */
export interface KeptRow {
  readonly keys: Int32Array;
  readonly values: Float64Array;
}

/** The rows as one matrix, each in the order it has; transpose it for ascending columns. */
export function keptRows(rows: readonly KeptRow[]): SparseRows {
  const offsets = new Int32Array(rows.length + 1);
  for (const [row, { keys }] of rows.entries()) offsets[row + 1] = offsets[row]! + keys.length;
  const columns = new Int32Array(offsets[rows.length]!);
  const values = new Float32Array(columns.length);
  for (const [row, kept] of rows.entries()) {
    columns.set(kept.keys, offsets[row]);
    values.set(kept.values, offsets[row]);
  }
  return { offsets, columns, values };
}
