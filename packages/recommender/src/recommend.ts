import {
  listOf,
  PlatformError,
  standingNegatives,
  type QueryBatch,
  type RaggedItems,
  type Ranking,
} from "@sequitur/core";
import type { Model } from "./recommender.js";

/** What a ranking needs of a model. */
export type Scorer = Pick<Model, "name" | "catalog" | "score">;

export interface RecommendOptions {
  /** Slate length, a positive integer. */
  readonly k: number;
  /** Item indices worth scoring, distinct; every item when absent. */
  readonly candidates?: Int32Array;
  /** For each query the items that must not appear; any order, repeats allowed. */
  readonly exclude?: RaggedItems;
  /** Show items that a negative of the user stands against; false when absent. */
  readonly negatives?: boolean;
}

/**
 * The top k of each query: exclude, then cut to k. Score descending, ties to the lower item index; never an excluded
 * item, one that a negative stands against, nor a NaN score; fewer than k when fewer remain. The scores are those that `model.score` gave. `bad-config` for a
 * k, candidates or exclude list that breaks its description.
 */
export function recommend(model: Scorer, batch: QueryBatch, options: RecommendOptions): Ranking {
  const { k, candidates, exclude } = options;
  checkListSize(k);
  if (exclude !== undefined && exclude.offsets.length !== batch.size + 1) {
    throw new PlatformError(
      "bad-config",
      `exclude must have one list for each of ${batch.size} queries, got ${exclude.offsets.length - 1}.`,
    );
  }
  const itemCount = model.catalog.items.size;
  if (candidates !== undefined) checkCandidates(candidates, itemCount);
  const columns = candidates?.length ?? itemCount;
  const scores = model.score(batch, candidates);
  if (scores.length !== batch.size * columns) {
    const expected = `${batch.size} x ${columns}`;
    throw new PlatformError("bad-data", `${model.name} must give ${expected} scores, got ${scores.length}.`);
  }
  const width = Math.min(k, columns);
  const offsets = new Int32Array(batch.size + 1);
  const items = new Int32Array(batch.size * width);
  const kept = new Float32Array(batch.size * width);
  // Nothing to look up where nothing is excluded.
  const unwanted = options.negatives === true || batch.roles === undefined ? undefined : standingNegatives(batch);
  const excluded = new Uint8Array(exclude === undefined && unwanted === undefined ? 0 : itemCount);
  let end = 0;
  for (let b = 0; b < batch.size; b++) {
    const forbidden = [exclude, unwanted].flatMap((lists) => (lists ? [listOf(lists, b)] : []));
    for (const list of forbidden) list.forEach((item) => (excluded[item] = 1));
    end = topK(items, kept, end, width, scores.subarray(b * columns, (b + 1) * columns), candidates, excluded);
    for (const list of forbidden) list.forEach((item) => (excluded[item] = 0));
    offsets[b + 1] = end;
  }
  return { offsets, items: items.subarray(0, end), scores: kept.subarray(0, end) };
}

/** `bad-config` unless k is a positive integer. */
export function checkListSize(k: number): void {
  if (!(Number.isInteger(k) && k >= 1)) {
    throw new PlatformError("bad-config", `k must be a positive integer, got ${k}.`);
  }
}

/** `bad-config` unless all candidates are distinct item indices. */
export function checkCandidates(candidates: Int32Array, itemCount: number): void {
  const met = new Uint8Array(itemCount);
  for (const item of candidates) {
    if (item < 0 || item >= itemCount) {
      throw new PlatformError("bad-config", `candidates must lie in [0, ${itemCount}), got ${item}.`);
    }
    if (met[item] === 1) throw new PlatformError("bad-config", `candidates must be distinct, got ${item} twice.`);
    met[item] = 1;
  }
}

/** Keeps the best `width` of one row in outItems, outScores from `start` on, in order; the end of what was kept. */
function topK(
  outItems: Int32Array,
  outScores: Float32Array,
  start: number,
  width: number,
  scores: Float32Array,
  candidates: Int32Array | undefined,
  excluded: Uint8Array,
): number {
  let end = start;
  for (let column = 0; column < scores.length; column++) {
    const score = scores[column]!;
    const full = end - start === width;
    if (full && score < outScores[end - 1]!) continue;
    const item = candidates ? candidates[column]! : column;
    if (Number.isNaN(score) || excluded[item] === 1) continue;
    if (full && score === outScores[end - 1] && item > outItems[end - 1]!) continue;
    let at = full ? end - 1 : end++;
    while (at > start && (outScores[at - 1]! < score || (outScores[at - 1] === score && outItems[at - 1]! > item))) {
      outScores[at] = outScores[at - 1]!;
      outItems[at] = outItems[at - 1]!;
      at--;
    }
    outScores[at] = score;
    outItems[at] = item;
  }
  return end;
}
