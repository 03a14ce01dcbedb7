import type { QueryBatch } from "@sequitur/core";

/**
 * (B, C) scores from a function that fills one query's row over all items; with candidates their columns are picked, so
 * both calls give the same bits. `row` comes zeroed. O(items) a query, also for few candidates.
 */
export function scoreRows(
  batch: QueryBatch,
  itemCount: number,
  candidates: Int32Array | undefined,
  fill: (row: Float32Array, query: number) => void,
): Float32Array {
  const width = candidates?.length ?? itemCount;
  const out = new Float32Array(batch.size * width);
  if (candidates === undefined) {
    for (let b = 0; b < batch.size; b++) fill(out.subarray(b * width, (b + 1) * width), b);
    return out;
  }
  const row = new Float32Array(itemCount);
  for (let b = 0; b < batch.size; b++) {
    row.fill(0);
    fill(row, b);
    for (let c = 0; c < width; c++) out[b * width + c] = row[candidates[c]!]!;
  }
  return out;
}
