import { listOf, type Ranking, type RaggedItems } from "@sequitur/core";
import { checkAligned } from "./serendipity.js";
import { topOf } from "./top-of-list.js";

/** Everything that the lists of all queries show, as one table. */
export interface PooledScores {
  readonly items: Int32Array;
  readonly scores: Float64Array;
  /** 1 for a right item, else 0. */
  readonly right: Uint8Array;
}

/** The top k of all lists, pooled. */
export function pooledScores(lists: Ranking, k: number, targets: RaggedItems): PooledScores {
  checkAligned(lists, targets);
  const items: number[] = [];
  const scores: number[] = [];
  const right: number[] = [];
  for (let row = 0; row + 1 < lists.offsets.length; row++) {
    const wanted = new Set(listOf(targets, row));
    topOf(lists, row, k).forEach((item, place) => {
      items.push(item);
      scores.push(lists.scores[lists.offsets[row]! + place]!);
      right.push(Number(wanted.has(item)));
    });
  }
  return { items: Int32Array.from(items), scores: Float64Array.from(scores), right: Uint8Array.from(right) };
}

/**
 * Average precision of the pool as one ranking by score, over its own right entries: are scores comparable across users?
 * Equal scores count as one step, by the precision at its end (as scikit-learn does). NaN where nothing is right.
 */
export function pooledAveragePrecision({ scores, right }: Pick<PooledScores, "scores" | "right">): number {
  const order = Int32Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]!);
  let [found, sum] = [0, 0];
  for (let start = 0; start < order.length;) {
    let end = start;
    let own = 0;
    while (end < order.length && scores[order[end]!] === scores[order[start]!]) own += right[order[end++]!]!;
    found += own;
    sum += (own * found) / end;
    start = end;
  }
  return sum / found;
}

const BINS = 10;

/**
 * Expected calibration error of scores that are probabilities (Naeini et al. 2015): ten bins of equal width, the mean over
 * entries of |mean score - share right| of their bin. NaN for an empty pool and for scores outside [0, 1].
 */
export function calibrationError({ scores, right }: Pick<PooledScores, "scores" | "right">): number {
  if (scores.some((score) => !(score >= 0 && score <= 1))) return Number.NaN;
  const [sums, hits] = [new Float64Array(BINS), new Float64Array(BINS)];
  scores.forEach((score, at) => {
    const bin = Math.min(BINS - 1, Math.floor(score * BINS));
    sums[bin]! += score;
    hits[bin]! += right[at]!;
  });
  return sums.reduce((error, sum, bin) => error + Math.abs(sum - hits[bin]!), 0) / scores.length;
}

/** The entries of the pool whose item has the label. */
export function poolOf(pool: PooledScores, has: (item: number) => boolean): PooledScores {
  const kept = Int32Array.from(pool.items.keys()).filter((at) => has(pool.items[at]!));
  return {
    items: kept.map((at) => pool.items[at]!),
    scores: Float64Array.from(kept, (at) => pool.scores[at]!),
    right: Uint8Array.from(kept, (at) => pool.right[at]!),
  };
}
