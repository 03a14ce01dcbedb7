import type { Piece } from "./piece.js";

/** Metric name -> (Q) the mean over seeds of each query's value. */
export function seedMean(pieces: readonly Piece[]): Map<string, Float64Array> {
  const means = new Map<string, Float64Array>();
  for (const [name, first] of pieces[0]?.values ?? []) {
    const sum = new Float64Array(first.length);
    for (const piece of pieces) piece.values.get(name)!.forEach((value, row) => (sum[row]! += value));
    means.set(name, pieces.length === 1 ? first : sum.map((value) => value / pieces.length));
  }
  return means;
}
