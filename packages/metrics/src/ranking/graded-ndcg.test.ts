import { Random, raggedFrom } from "@sequitur/core";
import { describe, expect, test } from "vitest";
import { rankingMetrics } from "./ranking-metrics.js";
import { targetRanks } from "./target-ranks.js";
import type { TieRule } from "./query-ranks.js";

const NAMES = ["ndcg-linear", "ndcg-exp"];
const CUTOFFS = [1, 3, 10];

/** One query: scores of all columns, and what each target is worth. */
interface Graded {
  readonly scores: Float32Array;
  readonly targets: readonly number[];
  readonly values: readonly number[];
}

function valuesOf({ scores, targets, values }: Graded, ties: TieRule = "expected"): Record<string, number> {
  const lists = raggedFrom([targets]);
  const found = rankingMetrics(targetRanks(scores, scores.length, lists), lists, {
    metrics: [...NAMES, "ndcg"],
    cutoffs: CUTOFFS,
    values,
    ties,
  });
  return Object.fromEntries([...found].map(([name, [value]]) => [name, value!]));
}

/** trec_eval's ndcg_cut: the gains of the documents as retrieved over those of the best order of all relevant ones. */
function ndcgCut(retrieved: readonly number[], relevant: readonly number[], k: number): number {
  const dcg = (gains: readonly number[]): number =>
    gains.slice(0, k).reduce((sum, gain, i) => sum + gain / Math.log2(i + 2), 0);
  return dcg(retrieved) / dcg(relevant.toSorted((a, b) => b - a));
}

function twin(order: readonly number[], { targets, values }: Graded): Record<string, number> {
  const result: Record<string, number> = {};
  for (const [name, gainOf] of [
    ["ndcg-linear", (value: number) => value],
    ["ndcg-exp", (value: number) => 2 ** value - 1],
  ] as const) {
    const gains = new Map(targets.map((target, i) => [target, gainOf(values[i]!)]));
    const retrieved = order.map((column) => gains.get(column) ?? 0);
    for (const k of CUTOFFS) result[`${name}@${k}`] = ndcgCut(retrieved, [...gains.values()], k);
    result[name] = ndcgCut(retrieved, [...gains.values()], Infinity);
  }
  return result;
}

function drawn(random: Random, columns: number, levels: number): Graded {
  const all = Array.from({ length: columns }, (_, column) => column);
  const targets = random.shuffle([...all]).slice(0, 1 + random.integer(columns - 1));
  return {
    scores: Float32Array.from(random.shuffle([...all]), (value) => (levels === 0 ? value : value % levels)),
    targets,
    values: targets.map(() => 1 + random.integer(5)),
  };
}

function permutations(values: readonly number[]): number[][] {
  if (values.length === 0) return [[]];
  return values.flatMap((first, i) => permutations(values.toSpliced(i, 1)).map((rest) => [first, ...rest]));
}

function expectSame(found: Record<string, number>, wanted: Record<string, number>): void {
  for (const [name, value] of Object.entries(wanted))
    expect([name, found[name]]).toEqual([name, expect.closeTo(value, 12)]);
}

describe("graded NDCG", () => {
  test("by hand: a view above a purchase costs most of the exponential gain", () => {
    const found = valuesOf({ scores: Float32Array.of(3, 2, 1), targets: [0, 1], values: [1, 3] });
    const [first, second] = [1, 1 / Math.log2(3)];
    expect(found["ndcg-linear@3"]).toBeCloseTo((1 * first + 3 * second) / (3 * first + 1 * second), 12);
    expect(found["ndcg-exp@3"]).toBeCloseTo((1 * first + 7 * second) / (7 * first + 1 * second), 12);
    expect(found["ndcg-linear@1"]).toBeCloseTo(1 / 3, 12);
  });

  test("equals trec_eval's definition where no scores are tied", () => {
    const random = new Random("graded");
    for (let i = 0; i < 200; i++) {
      const query = drawn(random, 2 + random.integer(30), 0);
      const order = [...query.scores.keys()].sort((a, b) => query.scores[b]! - query.scores[a]!);
      expectSame(valuesOf(query), twin(order, query));
      expectSame(valuesOf(query, "mid-rank"), twin(order, query));
    }
  });

  test("is the mean over all orders of tied scores", () => {
    const random = new Random("ties");
    for (let i = 0; i < 25; i++) {
      const query = drawn(random, 2 + random.integer(5), 2);
      const orders = permutations([...query.scores.keys()]).filter((order) =>
        order.every((column, at) => at === 0 || query.scores[order[at - 1]!]! >= query.scores[column]!),
      );
      const each = orders.map((order) => twin(order, query));
      const mean = Object.keys(each[0]!).map((name) => [
        name,
        each.reduce((sum, values) => sum + values[name]! / each.length, 0),
      ]);
      expectSame(valuesOf(query), Object.fromEntries(mean));
    }
  });

  test("is ndcg where all targets are worth 1, under both rules of ties", () => {
    const random = new Random("ones");
    for (let i = 0; i < 50; i++) {
      const query = drawn(random, 2 + random.integer(20), i % 5);
      for (const ties of ["expected", "mid-rank"] as const) {
        const found = valuesOf({ ...query, values: query.targets.map(() => 1) }, ties);
        for (const k of CUTOFFS)
          for (const name of NAMES) expect(found[`${name}@${k}`]).toBeCloseTo(found[`ndcg@${k}`]!, 12);
      }
    }
  });

  test("refuses values that are missing, of another length or out of bounds", () => {
    const ranks = { ranks: Float64Array.of(1), ties: Int32Array.of(1) };
    const call = (values?: number[]): unknown =>
      rankingMetrics(
        ranks,
        { offsets: Int32Array.of(0, 1) },
        { metrics: ["ndcg-exp"], cutoffs: [], ...(values && { values }) },
      );
    expect(() => call()).toThrow("metric ndcg-exp needs values");
    expect(() => call([1, 2])).toThrow("values must have 1 numbers like ranks, got 2");
    for (const value of [-1, Number.NaN, 1e6]) expect(() => call([value])).toThrow("needs values in [0, 1000]");
  });
});
