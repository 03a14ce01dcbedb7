import { listOf, NONE, PlatformError, type RaggedItems } from "@sequitur/core";
import type { TargetRanks } from "./query-ranks.js";

/** Up to this many targets one pass a target is faster than a search per column; see bench/metrics. */
const FEW = 12;

/**
 * The rank of each target among the columns of its query that are neither excluded nor NaN: 1 + (columns with a
 * strictly greater score) + half of the others with an equal one, and how many share it. Aligned with `targets.items`;
 * rank Infinity for a target that is excluded, scored NaN, or NONE (not among the columns).
 *
 * `scores` is (B, columns) row-major; targets and exclude hold columns, one list a query. Targets are distinct within
 * a query; exclude may repeat and hold NONE.
 */
export function targetRanks(
  scores: Float32Array,
  columns: number,
  targets: RaggedItems,
  exclude?: RaggedItems,
): TargetRanks {
  const size = targets.offsets.length - 1;
  checkScores(scores, columns, size);
  const removals = removalsOf(columns, size, exclude);
  const seenIn = new Uint32Array(columns);
  const ranks = new Float64Array(targets.offsets[size]!);
  const ties = new Int32Array(ranks.length);
  for (let row = 0; row < size; row++) {
    const own = listOf(targets, row);
    checkTargets(own, row, seenIn);
    const [from, to] = [targets.offsets[row]!, targets.offsets[row + 1]!];
    const out = { ranks: ranks.subarray(from, to), ties: ties.subarray(from, to) };
    const rowScores = scores.subarray(row * columns, (row + 1) * columns);
    const removed = removals.of(row);
    if (own.length <= FEW) rankEach(out, rowScores, own, removed);
    else rankTogether(out, rowScores, own, removed);
    for (let i = 0; i < own.length; i++) if (removals.has(own[i]!, row)) setRank(out, i, Infinity, 0);
  }
  return { ranks, ties };
}

/**
 * (B) how many columns of each query were ranked: neither excluded nor NaN. What `auc` needs beside the ranks.
 * `scores` is (B, columns) row-major.
 */
export function candidateCounts(scores: Float32Array, columns: number, exclude?: RaggedItems): Int32Array {
  const size = columns === 0 ? 0 : Math.floor(scores.length / columns);
  checkScores(scores, columns, size);
  const removals = removalsOf(columns, size, exclude);
  const counts = new Int32Array(size);
  for (let row = 0; row < size; row++) {
    const start = row * columns;
    let count = 0;
    for (let at = start; at < start + columns; at++) if (!Number.isNaN(scores[at]!)) count++;
    for (const column of removals.of(row)) if (!Number.isNaN(scores[start + column]!)) count--;
    counts[row] = count;
  }
  return counts;
}

function setRank(out: TargetRanks, i: number, rank: number, ties: number): void {
  out.ranks[i] = rank;
  out.ties[i] = ties;
}

/** One pass over the columns for each target. */
function rankEach(out: TargetRanks, scores: Float32Array, targets: Int32Array, removed: Int32Array): void {
  for (let i = 0; i < targets.length; i++) {
    const target = targets[i]!;
    const score = target === NONE ? Number.NaN : scores[target]!;
    if (Number.isNaN(score)) {
      setRank(out, i, Infinity, 0);
      continue;
    }
    let greater = 0;
    let atLeast = 0;
    // Number(...) compiles to no branch: 2.5x faster than `if` where the outcome is hard to predict.
    for (let column = 0; column < scores.length; column++) {
      const other = scores[column]!;
      greater += Number(other > score);
      atLeast += Number(other >= score);
    }
    for (let r = 0; r < removed.length; r++) {
      const other = scores[removed[r]!]!;
      greater -= Number(other > score);
      atLeast -= Number(other >= score);
    }
    // 1 + greater + half of the (atLeast - greater - 1) others with an equal score.
    setRank(out, i, (1 + greater + atLeast) / 2, atLeast - greater);
  }
}

/** One pass in all: each column is counted at its place among the sorted distinct target scores. */
function rankTogether(out: TargetRanks, scores: Float32Array, targets: Int32Array, removed: Int32Array): void {
  const levels = distinctScores(scores, targets);
  const above = new Int32Array(levels.length + 1);
  const equal = new Int32Array(levels.length + 1);
  const count = (score: number, step: number): void => {
    if (Number.isNaN(score)) return;
    const place = lowerBound(levels, score);
    if (place < levels.length && levels[place] === score) equal[place]! += step;
    above[place]! += step;
  };
  for (let column = 0; column < scores.length; column++) count(scores[column]!, 1);
  for (let r = 0; r < removed.length; r++) count(scores[removed[r]!]!, -1);
  // above[p] counts the columns greater than level p - 1 and at most level p; its suffix sums are those above a level.
  for (let place = levels.length - 1; place >= 0; place--) above[place]! += above[place + 1]!;
  for (let i = 0; i < targets.length; i++) {
    const score = targets[i] === NONE ? Number.NaN : scores[targets[i]!]!;
    const place = lowerBound(levels, score);
    if (Number.isNaN(score)) setRank(out, i, Infinity, 0);
    else setRank(out, i, 1 + above[place + 1]! + (equal[place]! - 1) / 2, equal[place]!);
  }
}

/** Scores of the targets, ascending, without NaN and repeats. */
function distinctScores(scores: Float32Array, targets: Int32Array): Float32Array {
  const sorted = new Float32Array(targets.length);
  let size = 0;
  for (const target of targets) {
    const score = target === NONE ? Number.NaN : scores[target]!;
    if (!Number.isNaN(score)) sorted[size++] = score;
  }
  const used = sorted.subarray(0, size).sort();
  let kept = 0;
  for (let i = 0; i < size; i++) if (kept === 0 || used[i] !== used[kept - 1]) used[kept++] = used[i]!;
  return used.subarray(0, kept);
}

/** How many of the ascending levels are below the value; a search without branches, for the reason above. */
function lowerBound(levels: Float32Array, value: number): number {
  let low = 0;
  let length = levels.length;
  while (length > 1) {
    const half = length >>> 1;
    low += half * Number(levels[low + half - 1]! < value);
    length -= half;
  }
  return length === 0 ? 0 : low + Number(levels[low]! < value);
}

/** The distinct excluded columns of one query at a time; rows are asked in ascending order. */
interface Removals {
  of(row: number): Int32Array;
  has(column: number, row: number): boolean;
}

function removalsOf(columns: number, size: number, exclude: RaggedItems | undefined): Removals {
  if (exclude !== undefined && exclude.offsets.length !== size + 1) {
    throw new PlatformError(
      "bad-config",
      `exclude must have one list for each of ${size} queries, got ${exclude.offsets.length - 1}.`,
    );
  }
  // A stamp of row + 1 spares clearing the marks between rows.
  const removedIn = new Uint32Array(columns);
  const distinct = new Int32Array(columns);
  const of = (row: number): Int32Array => {
    let count = 0;
    if (exclude === undefined) return distinct.subarray(0, 0);
    for (const column of listOf(exclude, row)) {
      if (column === NONE) continue;
      checkColumn("excluded column", column, columns, row);
      if (removedIn[column] === row + 1) continue;
      removedIn[column] = row + 1;
      distinct[count++] = column;
    }
    return distinct.subarray(0, count);
  };
  return { of, has: (column, row) => column !== NONE && removedIn[column] === row + 1 };
}

function checkScores(scores: Float32Array, columns: number, size: number): void {
  if (!(Number.isInteger(columns) && columns >= 0) || scores.length !== size * columns) {
    throw new PlatformError(
      "bad-config",
      `scores must hold ${size} queries x ${columns} columns, got ${scores.length} values.`,
    );
  }
}

function checkTargets(targets: Int32Array, row: number, seenIn: Uint32Array): void {
  for (const target of targets) {
    if (target === NONE) continue;
    checkColumn("target", target, seenIn.length, row);
    if (seenIn[target] === row + 1) {
      throw new PlatformError("bad-data", `targets of query ${row} must be distinct, got ${target} twice.`);
    }
    seenIn[target] = row + 1;
  }
}

function checkColumn(what: string, column: number, columns: number, row: number): void {
  if (column < 0 || column >= columns) {
    throw new PlatformError("bad-data", `${what} of query ${row} must be in [0, ${columns}), got ${column}.`);
  }
}
