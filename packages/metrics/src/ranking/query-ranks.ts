import { PlatformError } from "@sequitur/core";

/** What a ranking metric sees of one query. */
export interface QueryRanks {
  /**
   * (found) places of the targets that were ranked, whole numbers, ascending and distinct; so the i-th (from 0) is at
   * least i + 1. A mean rank between two places counts at the upper one.
   */
  readonly ranks: Float64Array;
  /** (found) the same with their halves, neighbours at least 1 apart. */
  readonly meanRanks: Float64Array;
  /** How many targets there are, ranked or not; at least one. */
  readonly relevant: number;
  /** How many columns were ranked; NaN when not told. */
  readonly candidates: number;
}

/** How many targets are at place k or before; k may be Infinity. */
export function hitsWithin(query: QueryRanks, k: number): number {
  const { ranks } = query;
  let hits = 0;
  while (hits < ranks.length && ranks[hits]! <= k) hits++;
  return hits;
}

/**
 * The metric's view of the ranks of one query, in any order, Infinity for a target that was not ranked.
 *
 * Targets tied with each other share one mean rank, but only one of them can stand there: m of them take the m places
 * centred on it, 1 apart. That keeps the sum of the ranks (and so AUC), and no two targets are found at one place,
 * which would let Precision or NDCG exceed 1.
 */
export function queryRanks(ranks: Float64Array, candidates: number, row: number): QueryRanks {
  const sorted = ranks.slice().sort();
  let found = sorted.length;
  while (found > 0 && !(sorted[found - 1]! < Infinity)) found--;
  if (Number.isNaN(sorted.at(-1)) || sorted[0]! < 1) {
    throw new PlatformError("bad-data", `ranks must be at least 1, got ${[...ranks]} in query ${row}.`);
  }
  const places = sorted.subarray(0, found);
  for (let start = 0; start < found;) {
    let end = start + 1;
    while (end < found && places[end] === places[start]) end++;
    const first = places[start]! - (end - start - 1) / 2;
    for (let i = start; i < end; i++) places[i] = first + (i - start);
    start = end;
  }
  return { ranks: places.map(Math.floor), meanRanks: places, relevant: ranks.length, candidates };
}
