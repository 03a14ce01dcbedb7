import {
  listOf,
  PlatformError,
  raggedFrom,
  standingNegatives,
  throwIfCancelled,
  type Catalog,
  type RaggedItems,
  type Ranking,
  type Report,
} from "@sequitur/core";
import type { EvaluationSet } from "@sequitur/data";
import { candidateCounts, rankingMetrics, targetRanks, type TargetRanks, type TieRule } from "@sequitur/metrics";
import { recommend, type Model } from "@sequitur/recommender";
import { setImmediate as nextTurn } from "node:timers/promises";
import { listScores } from "./lists-in.js";
import { selectQuestions } from "./question-file.js";

/** An order alone, a predicted rating, or the probability that the item is right. */
export const SCORE_MEANINGS = ["order", "rating", "probability"] as const;
export type ScoreMeaning = (typeof SCORE_MEANINGS)[number];

/** What to measure, and within which memory. */
export interface MeasureOptions {
  /** Metrics of one query, as `expandMetrics` takes them. */
  readonly metrics: readonly string[];
  readonly cutoffs: readonly number[];
  /** What becomes of equal scores. */
  readonly ties: TieRule;
  /** Whether items seen before the query leave its ranking. */
  readonly masked: boolean;
  /** Whether items that a negative of the user stands against leave its ranking; without signals there are none. */
  readonly withoutNegatives: boolean;
  /** Bytes of one block of scores; at least one query is scored at a time. */
  readonly scoreBytes: number;
  /** Length of the top lists to keep; 0 keeps none. */
  readonly listLength: number;
  /** What scores mean beside an order; "order" when absent. */
  readonly scores?: ScoreMeaning;
  /** Attribute of items that is summed over those that are right. */
  readonly value?: string;
}

/** What a model is worth on a set of questions. */
export interface Measured {
  /** Metric name -> (Q) value of each query; NaN where the metric is undefined. */
  readonly values: ReadonlyMap<string, Float64Array>;
  /** The rank of each target and how many share it, aligned with the targets of the questions. */
  readonly ranks: TargetRanks;
  /** The score of each target, NaN where there is none; only where scores are ratings. */
  readonly targetScores?: Float32Array;
  /** Top lists of all queries; empty lists when none were asked for. */
  readonly lists: Ranking;
  readonly scoreMs: number;
  readonly rankMs: number;
}

/** From outside: a clock for the timings, and the usual signal and progress. */
export interface MeasureRun {
  readonly clock: () => number;
  readonly task: string;
  readonly signal?: AbortSignal;
  readonly report?: Report;
}

/** More queries at once make models no faster and progress coarser. */
const MAX_BLOCK = 1024;

/** Scores the whole catalogue for every query, block by block, and reads ranks, metrics and top lists from the scores. */
export function measureModel(
  model: Model,
  set: EvaluationSet,
  options: MeasureOptions,
  run: MeasureRun,
): Promise<Measured> {
  const check = (scores: Float32Array, block: EvaluationSet): void => checkIndependence(model, scores, block);
  return measureScores({ ...named(model), score: (block) => model.score(block.queries), check }, set, options, run);
}

/** The same from lists that are made already: what a list does not hold is not ranked. */
export function measureLists(
  lists: Ranking,
  { name, catalog }: Pick<Model, "name" | "catalog">,
  set: EvaluationSet,
  options: MeasureOptions,
  run: MeasureRun,
): Promise<Measured> {
  const score = (block: EvaluationSet, from: number): Float32Array =>
    listScores(lists, from, from + block.queries.size, catalog.items.size);
  return measureScores({ name, catalog, score }, set, options, run);
}

/** Whatever scores a block of questions, of which the first is question `from` of the set. */
interface Scorer {
  readonly name: string;
  readonly catalog: Catalog;
  readonly score: (block: EvaluationSet, from: number) => Float32Array;
  /** Looks at the scores of the first block. */
  readonly check?: (scores: Float32Array, block: EvaluationSet) => void;
}

function named({ name, catalog }: Model): Pick<Scorer, "name" | "catalog"> {
  return { name, catalog };
}

async function measureScores(
  scorer: Scorer,
  set: EvaluationSet,
  options: MeasureOptions,
  run: MeasureRun,
): Promise<Measured> {
  const size = set.queries.size;
  const columns = scorer.catalog.items.size;
  const width = Math.max(1, Math.min(MAX_BLOCK, size, Math.floor(options.scoreBytes / (4 * columns))));
  const parts: BlockResult[] = [];
  let scoreMs = 0;
  let rankMs = 0;
  for (let from = 0; from < size; from += width) {
    throwIfCancelled(run.signal);
    const to = Math.min(size, from + width);
    const block = selectQuestions(
      set,
      Int32Array.from({ length: to - from }, (_, i) => from + i),
    );
    const started = run.clock();
    const scores = scorer.score(block, from);
    const scored = run.clock();
    checkScores(scorer, scores, block);
    if (from === 0) scorer.check?.(scores, block);
    const checked = run.clock();
    parts.push(measureBlock(scorer, scores, block, options));
    scoreMs += scored - started;
    rankMs += run.clock() - checked;
    run.report?.({ task: run.task, done: to, total: size, unit: "queries" });
    await nextTurn();
  }
  return { ...joinBlocks(parts), scoreMs, rankMs };
}

interface BlockResult {
  readonly ranks: TargetRanks;
  readonly values: ReadonlyMap<string, Float64Array>;
  readonly lists: Ranking | undefined;
  readonly targetScores: Float32Array;
  readonly size: number;
}

function measureBlock(
  { name, catalog }: Scorer,
  scores: Float32Array,
  block: EvaluationSet,
  options: MeasureOptions,
): BlockResult {
  const { metrics, cutoffs, ties, masked, withoutNegatives, listLength } = options;
  const columns = catalog.items.size;
  const exclude = barredItems(block, { masked, withoutNegatives });
  const ranks = targetRanks(scores, columns, block.targets, exclude);
  const candidates = candidateCounts(scores, columns, exclude);
  const scored = { name, catalog, score: () => scores };
  return {
    ranks,
    values: rankingMetrics(ranks, block.targets, {
      metrics,
      cutoffs,
      candidates,
      ties,
      ...(block.targetValues && { values: block.targetValues }),
    }),
    lists:
      listLength > 0
        ? recommend(scored, block.queries, { k: listLength, negatives: true, ...(exclude && { exclude }) })
        : undefined,
    targetScores: options.scores === "rating" ? scoresOf(block.targets, scores, columns) : new Float32Array(0),
    size: block.queries.size,
  };
}

/** The score of each target. */
function scoresOf(targets: RaggedItems, scores: Float32Array, columns: number): Float32Array {
  const out = new Float32Array(targets.items.length);
  for (let b = 0; b + 1 < targets.offsets.length; b++) {
    for (let at = targets.offsets[b]!; at < targets.offsets[b + 1]!; at++) {
      out[at] = scores[b * columns + targets.items[at]!]!;
    }
  }
  return out;
}

/** What leaves each ranking; undefined where nothing does. */
function barredItems(
  { queries, seen }: EvaluationSet,
  { masked, withoutNegatives }: Pick<MeasureOptions, "masked" | "withoutNegatives">,
): RaggedItems | undefined {
  if (!withoutNegatives || queries.roles === undefined) return masked ? seen : undefined;
  const unwanted = standingNegatives(queries);
  if (!masked) return unwanted;
  return raggedFrom(
    Array.from({ length: queries.size }, (_, b) => [...new Set([...listOf(seen, b), ...listOf(unwanted, b)])]),
  );
}

function joinBlocks(
  parts: readonly BlockResult[],
): Pick<Measured, "values" | "ranks" | "lists"> & { readonly targetScores: Float32Array } {
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  const names = [...(parts[0]?.values.keys() ?? [])];
  const values = new Map(names.map((name) => [name, new Float64Array(size)]));
  const listed = parts.reduce((sum, part) => sum + (part.lists?.items.length ?? 0), 0);
  const lists = {
    offsets: new Int32Array(size + 1),
    items: new Int32Array(listed),
    scores: new Float32Array(listed),
  };
  const targets = parts.reduce((sum, { ranks }) => sum + ranks.ranks.length, 0);
  const ranks = { ranks: new Float64Array(targets), ties: new Int32Array(targets) };
  const targetScores = Float32Array.from(parts.flatMap((part) => Array.from(part.targetScores)));
  let row = 0;
  let end = 0;
  let ranked = 0;
  for (const part of parts) {
    ranks.ranks.set(part.ranks.ranks, ranked);
    ranks.ties.set(part.ranks.ties, ranked);
    ranked += part.ranks.ranks.length;
    for (const name of names) values.get(name)!.set(part.values.get(name)!, row);
    for (let i = 1; i <= part.size; i++) lists.offsets[row + i] = end + (part.lists?.offsets[i] ?? 0);
    lists.items.set(part.lists?.items ?? [], end);
    lists.scores.set(part.lists?.scores ?? [], end);
    row += part.size;
    end = lists.offsets[row]!;
  }
  return { values, ranks, lists, targetScores };
}

function checkScores(model: Pick<Scorer, "name" | "catalog">, scores: Float32Array, block: EvaluationSet): void {
  const expected = block.queries.size * model.catalog.items.size;
  if (scores.length === expected) return;
  throw new PlatformError(
    "bad-data",
    `${model.name} must score ${block.queries.size} queries x ${model.catalog.items.size} items, got ${scores.length} scores.`,
  );
}

/** Relative to the largest score of the query; other block sizes may round differently. */
const TOLERANCE = 1e-3;

/**
 * Scores one query again, alone: a model whose scores depend on the other queries of the batch could read answers from
 * their histories (the next question of the same user holds this one's answer), and no server could repeat its numbers.
 * The query taken is one that has such a neighbour, if there is any.
 */
function checkIndependence(model: Model, scores: Float32Array, { queries, ...rest }: EvaluationSet): void {
  const columns = model.catalog.items.size;
  const asked = queries.users.findIndex((user, b) => user === queries.users[b + 1]);
  const b = Math.max(0, asked);
  const together = scores.subarray(b * columns, (b + 1) * columns);
  const alone = model.score(selectQuestions({ queries, ...rest }, Int32Array.of(b)).queries);
  const largest = together.reduce(
    (most, score) => (Number.isFinite(score) ? Math.max(most, Math.abs(score)) : most),
    0,
  );
  for (let c = 0; c < columns; c++) {
    if (isSame(together[c]!, alone[c]!, TOLERANCE * largest)) continue;
    throw new PlatformError(
      "bad-data",
      `${model.name}: scores of a query must not depend on the others of its batch; item ${c} got ${together[c]} among ${queries.size} queries and ${alone[c]} alone.`,
    );
  }
}

function isSame(a: number, b: number, tolerance: number): boolean {
  return a === b || Math.abs(a - b) <= tolerance || (Number.isNaN(a) && Number.isNaN(b));
}
