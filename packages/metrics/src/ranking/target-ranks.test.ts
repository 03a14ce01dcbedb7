import { listOf, NONE, Random, raggedFrom, type RaggedItems } from "@sequitur/core";
import { describe, expect, test } from "vitest";
import type { TargetRanks } from "./query-ranks.js";
import { rankingMetrics } from "./ranking-metrics.js";
import { candidateCounts, targetRanks } from "./target-ranks.js";

/** By the definition of a mean rank: sort the columns that count, then average the places of the equal scores. */
function slowRank(scores: readonly number[], target: number, excluded: readonly number[]): [number, number] {
  const counted = scores.filter((score, column) => !Number.isNaN(score) && !excluded.includes(column));
  if (target === NONE || excluded.includes(target) || Number.isNaN(scores[target])) return [Infinity, 0];
  const sorted = counted.sort((x, y) => y - x);
  const places = sorted.flatMap((score, i) => (score === scores[target] ? [i + 1] : []));
  return [places.reduce((sum, place) => sum + place, 0) / places.length, places.length];
}

function slowRanks(scores: Float32Array, columns: number, targets: RaggedItems, exclude?: RaggedItems): TargetRanks {
  const found = Array.from({ length: targets.offsets.length - 1 }, (_, row) => {
    const own = [...scores.subarray(row * columns, (row + 1) * columns)];
    const excluded = exclude ? [...listOf(exclude, row)] : [];
    return [...listOf(targets, row)].map((target) => slowRank(own, target, excluded));
  }).flat();
  return { ranks: Float64Array.from(found, ([rank]) => rank), ties: Int32Array.from(found, ([, ties]) => ties) };
}

/** Scores of few levels (many ties) with NaN and infinities, and lists of columns without repeats. */
function randomCase(random: Random) {
  const columns = 1 + random.integer(60);
  const size = random.integer(5);
  const levels = [3, 1000][random.integer(2)]!;
  const scores = Float32Array.from({ length: size * columns }, () => {
    const kind = random.integer(20);
    if (kind === 0) return Number.NaN;
    return kind === 1 ? -Infinity : random.integer(levels) - 1;
  });
  const all = Array.from({ length: columns }, (_, column) => column);
  const some = (most: number) => random.shuffle([...all]).slice(0, random.integer(Math.min(most, columns) + 1));
  const targets = raggedFrom(Array.from({ length: size }, () => [...some(30), ...(random.integer(3) ? [] : [NONE])]));
  const exclude = raggedFrom(
    Array.from({ length: size }, () => {
      const own = some(20);
      return [...own, ...own.slice(0, 2), NONE];
    }),
  );
  return { scores, columns, targets, exclude };
}

describe("targetRanks", () => {
  test("ranks by hand: ties share the mean rank, NaN does not count, excluded columns are gone", () => {
    const scores = Float32Array.of(5, 3, 3, 1, Number.NaN, 3);
    const all = raggedFrom([[0, 1, 2, 3, 4, 5]]);
    expect([...targetRanks(scores, 6, all).ranks]).toEqual([1, 3, 3, 5, Infinity, 3]);
    expect([...targetRanks(scores, 6, all).ties]).toEqual([1, 3, 3, 1, 0, 3]);
    expect([...targetRanks(scores, 6, all, raggedFrom([[0, 2, 2]])).ranks]).toEqual([
      Infinity,
      1.5,
      Infinity,
      3,
      Infinity,
      1.5,
    ]);
  });

  test("equals the sorted second implementation, with few and with many targets", () => {
    const random = new Random("ranks");
    for (let round = 0; round < 400; round++) {
      const { scores, columns, targets, exclude } = randomCase(random);
      expect(targetRanks(scores, columns, targets)).toEqual(slowRanks(scores, columns, targets));
      expect(targetRanks(scores, columns, targets, exclude)).toEqual(slowRanks(scores, columns, targets, exclude));
    }
  });

  test("0 and -0 are one score, and infinities are scores", () => {
    const scores = Float32Array.of(0, -0, Infinity, -Infinity);
    expect([...targetRanks(scores, 4, raggedFrom([[0, 1, 2, 3]])).ranks]).toEqual([2.5, 2.5, 1, 4]);
    const wide = new Float32Array(40).map((_, i) => (i % 2 ? 0 : -0));
    const many = raggedFrom([Array.from({ length: 40 }, (_, i) => i)]);
    expect(new Set(targetRanks(wide, 40, many).ranks)).toEqual(new Set([20.5]));
  });

  test("a constant scorer gets the rank of chance", () => {
    const [size, columns] = [50, 101];
    const targets = raggedFrom(Array.from({ length: size }, (_, row) => [row]));
    const ranks = targetRanks(new Float32Array(size * columns).fill(7), columns, targets);
    expect(new Set(ranks.ranks)).toEqual(new Set([51]));
    expect(new Set(ranks.ties)).toEqual(new Set([101]));
    const options = {
      metrics: ["hit@10", "ndcg@10", "auc"],
      cutoffs: [],
      candidates: new Int32Array(size).fill(columns),
    };
    const values = rankingMetrics(ranks, targets, options);
    for (const value of values.get("hit@10")!) expect(value).toBeCloseTo(10 / columns, 12);
    expect(new Set(values.get("auc"))).toEqual(new Set([0.5]));
  });

  test("no queries, a query without targets, and columns in a list of their own", () => {
    expect(targetRanks(new Float32Array(0), 3, raggedFrom([])).ranks).toEqual(new Float64Array(0));
    expect([...targetRanks(Float32Array.of(1, 2, 3, 4), 2, raggedFrom([[], [0]])).ranks]).toEqual([2]);
    expect([...targetRanks(Float32Array.of(1, 2), 2, raggedFrom([[NONE, 0]])).ranks]).toEqual([Infinity, 2]);
  });

  test("bad input names the query and what came", () => {
    const scores = new Float32Array(6);
    expect(() => targetRanks(scores, 4, raggedFrom([[0]]))).toThrow("must hold 1 queries x 4 columns, got 6 values");
    expect(() => targetRanks(scores, 3, raggedFrom([[0], [3]]))).toThrow("target of query 1 must be in [0, 3), got 3");
    expect(() => targetRanks(scores, 3, raggedFrom([[0], [1, 1]]))).toThrow(
      "targets of query 1 must be distinct, got 1",
    );
    expect(() => targetRanks(scores, 3, raggedFrom([[0], [1]]), raggedFrom([[]]))).toThrow("one list for each of 2");
    expect(() => targetRanks(scores, 3, raggedFrom([[0], [1]]), raggedFrom([[], [-2]]))).toThrow("got -2");
  });
});

describe("candidateCounts", () => {
  test("counts what is neither NaN nor excluded", () => {
    const random = new Random("counts");
    for (let round = 0; round < 100; round++) {
      const { scores, columns, exclude } = randomCase(random);
      const slow = Array.from({ length: exclude.offsets.length - 1 }, (_, row) => {
        const excluded = new Set(listOf(exclude, row));
        const own = [...scores.subarray(row * columns, (row + 1) * columns)];
        return own.filter((score, column) => !Number.isNaN(score) && !excluded.has(column)).length;
      });
      expect([...candidateCounts(scores, columns, exclude)]).toEqual(slow);
    }
  });
});
