import { NEGATIVE, type Interactions } from "@sequitur/core";
import { countPairs, type SparseRows } from "./sparse-rows.js";

/**
 * The matrix of a log, (N, U) by items or (U, N) by users, with what each pair's events say together. sum: values of
 * positives less those of negatives; largest: the largest value of a positive less the largest of a negative, 1 where
 * every event counts 1. `weights` (size) are factors on the rows' values, such as a decay.
 */
export function pairValues(
  train: Interactions,
  by: "items" | "users",
  rule: "sum" | "largest",
  weights?: Float64Array,
): SparseRows {
  const { catalog, context, size } = train;
  const [rows, columns] = by === "items" ? [train.items, train.users] : [train.users, train.items];
  const [rowCount, columnCount] =
    by === "items" ? [catalog.items.size, catalog.users.size] : [catalog.users.size, catalog.items.size];
  const matrix = countPairs(rows, columns, rowCount, columnCount);
  const { role, value } = context;
  if (role === undefined && value === undefined && weights === undefined) {
    return rule === "sum" ? matrix : { ...matrix, values: matrix.values.map(() => 1) };
  }
  const liked = new Float64Array(matrix.columns.length);
  const disliked = new Float64Array(matrix.columns.length);
  for (let row = 0; row < size; row++) {
    const at = placeOf(matrix, rows[row]!, columns[row]!);
    const side = role?.[row] === NEGATIVE ? disliked : liked;
    const amount = (value?.[row] ?? 1) * (weights?.[row] ?? 1);
    side[at] = rule === "sum" ? side[at]! + amount : Math.max(side[at]!, amount);
  }
  return { ...matrix, values: Float32Array.from(liked, (amount, at) => amount - disliked[at]!) };
}

/**
 * As `countPairs`, with pairs that count their weights (aligned with rows), 1 each without: a place gets their sum, or the
 * largest of them.
 */
export function weighPairs(
  pairs: { readonly rows: Int32Array; readonly columns: Int32Array; readonly weights?: Float64Array | undefined },
  rowCount: number,
  columnCount: number,
  rule: "sum" | "largest" = "sum",
): SparseRows {
  const { rows, columns, weights } = pairs;
  const matrix = countPairs(rows, columns, rowCount, columnCount);
  if (weights === undefined) return rule === "sum" ? matrix : { ...matrix, values: matrix.values.map(() => 1) };
  const totals = new Float64Array(matrix.columns.length);
  for (let p = 0; p < rows.length; p++) {
    const at = placeOf(matrix, rows[p]!, columns[p]!);
    totals[at] = rule === "sum" ? totals[at]! + weights[p]! : Math.max(totals[at]!, weights[p]!);
  }
  return { ...matrix, values: Float32Array.from(totals) };
}

/** Where a pair that is there stands; columns ascend within a row. */
function placeOf({ offsets, columns }: SparseRows, row: number, column: number): number {
  let [low, high] = [offsets[row]!, offsets[row + 1]! - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (columns[middle]! < column) low = middle + 1;
    else high = middle;
  }
  return low;
}
