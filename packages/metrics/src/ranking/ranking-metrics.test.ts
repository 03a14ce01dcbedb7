import { listOf, Random, raggedFrom, type RaggedItems } from "@sequitur/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { METRICS } from "./metrics.js";
import type { TieRule } from "./query-ranks.js";
import { rankingMetrics } from "./ranking-metrics.js";
import { candidateCounts, targetRanks } from "./target-ranks.js";

/** Those that only ask where the targets stand; graded ones have a test of their own. */
const ALL = METRICS.filter(({ needsValues }) => needsValues !== true).map(({ name }) => name);

interface Asked {
  readonly cutoffs?: readonly number[];
  readonly columns?: number;
  /** Columns that share each rank. */
  readonly tied?: number;
  readonly rule?: TieRule;
}

/** Values of one query from its ranks. */
function valuesOf(ranks: readonly number[], metrics: readonly string[], asked: Asked = {}) {
  const { cutoffs = [], columns = 100, tied = 1, rule = "expected" } = asked;
  const options = { metrics, cutoffs, candidates: [columns], ties: rule };
  const found = {
    ranks: Float64Array.from(ranks),
    ties: Int32Array.from(ranks, (rank) => (rank < Infinity ? tied : 0)),
  };
  const values = rankingMetrics(found, { offsets: Int32Array.of(0, ranks.length) }, options);
  return Object.fromEntries([...values].map(([name, [value]]) => [name, value]));
}

/**
 * trec_eval's measures from its definitions, for one topic: `retrieved` says of each document, best first, whether it
 * is relevant; `relevant` counts all relevant ones, also those not retrieved.
 */
function trecEval(retrieved: readonly boolean[], relevant: number, cutoffs: readonly number[]): Record<string, number> {
  const values: Record<string, number> = {};
  const relevantWithin = (k: number) => retrieved.slice(0, k).filter(Boolean).length;
  const averagePrecision = (k: number) =>
    retrieved.slice(0, k).reduce((sum, is, i) => sum + (is ? relevantWithin(i + 1) / (i + 1) : 0), 0) / relevant;
  const dcg = (gains: readonly number[]) => gains.reduce((sum, gain, i) => sum + gain / Math.log2(i + 2), 0);
  const ndcg = (k: number) => {
    const ideal = new Array<number>(Math.min(k, relevant)).fill(1);
    return dcg(retrieved.slice(0, k).map(Number)) / dcg(ideal);
  };
  const first = retrieved.indexOf(true);
  for (const k of cutoffs) {
    values[`precision@${k}`] = relevantWithin(k) / k; // P_k
    values[`recall@${k}`] = relevantWithin(k) / relevant; // recall_k
    values[`hit@${k}`] = relevantWithin(k) > 0 ? 1 : 0; // success_k
    values[`map@${k}`] = averagePrecision(k); // map_cut_k
    values[`ndcg@${k}`] = ndcg(k); // ndcg_cut_k
  }
  for (const k of [...cutoffs, Infinity]) {
    // RBP and ERR as ir_measures and gdeval define them: patience 0.8, one grade.
    const seen = retrieved.slice(0, k);
    const rbp = seen.reduce((sum, is, i) => sum + (is ? 0.2 * 0.8 ** i : 0), 0);
    values[k === Infinity ? "rbp" : `rbp@${k}`] = rbp;
    if (k < Infinity) {
      values[`err@${k}`] = seen.reduce((sum, is, i) => sum + (is ? 0.5 ** relevantWithin(i + 1) / (i + 1) : 0), 0);
    }
  }
  values["map"] = averagePrecision(retrieved.length);
  values["ndcg"] = ndcg(retrieved.length + relevant);
  values["mrr"] = first < 0 ? 0 : 1 / (first + 1); // recip_rank
  return values;
}

function permutations(values: readonly number[]): number[][] {
  if (values.length === 0) return [[]];
  return values.flatMap((first, i) => permutations(values.toSpliced(i, 1)).map((rest) => [first, ...rest]));
}

const near = (value: number) => (Number.isNaN(value) ? value : expect.closeTo(value, 12));

interface Case {
  readonly scores: Float32Array;
  readonly columns: number;
  readonly targets: RaggedItems;
  readonly exclude: RaggedItems;
}

/** Distinct scores when `levels` is 0, else that many levels; some NaN; targets may be excluded or NaN. */
function randomCase(random: Random, levels: number): Case {
  const columns = 2 + random.integer(40);
  const all = Array.from({ length: columns }, (_, column) => column);
  const some = (least: number, most: number) =>
    random.shuffle([...all]).slice(0, Math.min(columns, least + random.integer(most)));
  const scores = Float32Array.from(random.shuffle([...all]), (value) => {
    if (random.integer(12) === 0) return Number.NaN;
    return levels === 0 ? value : value % levels;
  });
  return { scores, columns, targets: raggedFrom([some(1, 15)]), exclude: raggedFrom([some(0, 6)]) };
}

function valuesOfCase({ scores, columns, targets, exclude }: Case, cutoffs: readonly number[]): Map<string, number> {
  const candidates = candidateCounts(scores, columns, exclude);
  const ranks = targetRanks(scores, columns, targets, exclude);
  const values = rankingMetrics(ranks, targets, { metrics: ALL, cutoffs, candidates });
  return new Map([...values].map(([name, [value]]) => [name, value!]));
}

describe("by hand", () => {
  test("one target at place 3", () => {
    const values = valuesOf([3], ALL, { cutoffs: [2, 5], columns: 11 });
    expect(values).toEqual({
      "recall@2": 0,
      "recall@5": 1,
      "hit@2": 0,
      "hit@5": 1,
      "precision@2": 0,
      "precision@5": 0.2,
      "f1@2": 0,
      "f1@5": 1 / 3,
      "mrr@2": 0,
      "mrr@5": 1 / 3,
      mrr: 1 / 3,
      "map@2": 0,
      "map@5": 1 / 3,
      map: 1 / 3,
      "ndcg@2": 0,
      "ndcg@5": 0.5,
      ndcg: 0.5,
      "rbp@2": 0,
      "rbp@5": expect.closeTo(0.2 * 0.64, 12),
      rbp: expect.closeTo(0.2 * 0.64, 12),
      "err@2": 0,
      "err@5": 0.5 / 3,
      auc: 0.8,
    });
  });

  test("three targets at 1, 4 and beyond the ranking", () => {
    const values = valuesOf([4, Infinity, 1], ALL, { cutoffs: [3], columns: 12 });
    expect(values["recall@3"]).toBeCloseTo(1 / 3, 12);
    expect(values["precision@3"]).toBeCloseTo(1 / 3, 12);
    expect(values["f1@3"]).toBeCloseTo(1 / 3, 12);
    expect(values["map@3"]).toBeCloseTo(1 / 3, 12);
    expect(values["map"]).toBeCloseTo((1 + 2 / 4) / 3, 12);
    const ideal = 1 + 1 / Math.log2(3) + 1 / 2;
    expect(values["ndcg@3"]).toBeCloseTo(1 / ideal, 12);
    expect(values["ndcg"]).toBeCloseTo((1 + 1 / Math.log2(5)) / ideal, 12);
    // 10 other items: the first target beats 10, the one at place 4 beats 8, the missing one none.
    expect(values["auc"]).toBeCloseTo(18 / 30, 12);
  });

  test("a tie at the cut-off counts by its chance to be within", () => {
    // Places 2 to 4 hold equal scores: the target stands at each of them one time in three.
    const scores = Float32Array.of(9, 5, 5, 5, 1);
    const targets = raggedFrom([[2]]);
    const values = rankingMetrics(targetRanks(scores, 5, targets), targets, {
      metrics: ["hit", "ndcg"],
      cutoffs: [2, 3],
    });
    const third = [1 / Math.log2(3) / 3, 1 / Math.log2(4) / 3, 1 / Math.log2(5) / 3];
    const ndcg = [third[0]!, third[0]! + third[1]!, third[0]! + third[1]! + third[2]!];
    expect([...values].map(([, [value]]) => value)).toEqual([1 / 3, 2 / 3, ...ndcg].map(near));
  });

  test("mid-rank, the older rule: a half place counts as the upper one, tied targets take places 1 apart", () => {
    const rule = "mid-rank" as const;
    // Four equal scores at the top share rank 2.5, which counts at place 2; auc keeps the half.
    expect(valuesOf([2.5], ["hit", "mrr", "ndcg", "auc"], { cutoffs: [1, 2], columns: 4, tied: 4, rule })).toEqual({
      "hit@1": 0,
      "hit@2": 1,
      "mrr@1": 0,
      "mrr@2": 0.5,
      mrr: 0.5,
      "ndcg@1": 0,
      "ndcg@2": 1 / Math.log2(3),
      ndcg: 1 / Math.log2(3),
      auc: 0.5,
    });
    // Three targets alone at the top, all of mean rank 2: places 1, 2, 3, so nothing exceeds 1.
    expect(valuesOf([2, 2, 2], ["precision@2", "recall@2", "ndcg@2", "map"], { tied: 3, rule })).toEqual({
      "precision@2": 1,
      "recall@2": 2 / 3,
      "ndcg@2": 1,
      map: 1,
    });
    // Two targets among four equal scores, mean rank 2.5: places 2 and 3.
    expect(valuesOf([2.5, 2.5], ["hit@1", "recall@2", "mrr", "auc"], { columns: 4, tied: 4, rule })).toEqual({
      "hit@1": 0,
      "recall@2": 0.5,
      mrr: 0.5,
      auc: 0.5,
    });
  });

  test("a share of the ranked columns as a budget of reading", () => {
    const asked = { metrics: ["recall@10%", "recall@7%", "precision@50%"], cutoffs: [], candidates: [100] };
    const found = { ranks: Float64Array.of(7, 8, 10, 11), ties: Int32Array.of(1, 1, 1, 1) };
    const values = rankingMetrics(found, { offsets: Int32Array.of(0, 4) }, asked);
    expect([...values].map(([, [value]]) => value)).toEqual([0.75, 0.25, 4 / 50]);
    expect(() => rankingMetrics(found, { offsets: Int32Array.of(0, 4) }, { ...asked, candidates: undefined! })).toThrow(
      "metric recall@10% needs candidates",
    );
  });

  test("a query without targets is undefined, as is auc without another item", () => {
    const options = { metrics: ["hit@1", "auc"], cutoffs: [], candidates: [5, 2] };
    const values = rankingMetrics(
      { ranks: Float64Array.of(1, 2), ties: Int32Array.of(1, 1) },
      { offsets: Int32Array.of(0, 0, 2) },
      options,
    );
    expect([...values.get("hit@1")!]).toEqual([Number.NaN, 1]);
    expect([...values.get("auc")!]).toEqual([Number.NaN, Number.NaN]);
  });
});

describe("against second implementations", () => {
  const cutoffs = [1, 2, 5, 10, 100];

  test("equals trec_eval's definitions where no scores are tied", () => {
    const random = new Random("trec");
    for (let round = 0; round < 300; round++) {
      const drawn = randomCase(random, 0);
      const targets = new Set(listOf(drawn.targets, 0));
      const excluded = new Set(listOf(drawn.exclude, 0));
      const retrieved = [...drawn.scores.keys()]
        .filter((column) => !excluded.has(column) && !Number.isNaN(drawn.scores[column]))
        .sort((a, b) => drawn.scores[b]! - drawn.scores[a]!)
        .map((column) => targets.has(column));
      const values = valuesOfCase(drawn, cutoffs);
      const expected = trecEval(retrieved, targets.size, cutoffs);
      const close = Object.entries(expected).map(([name, value]) => [name, expect.closeTo(value, 12)]);
      expect(Object.fromEntries(values)).toMatchObject(Object.fromEntries(close));
      for (const k of cutoffs) {
        const [p, r] = [values.get(`precision@${k}`)!, values.get(`recall@${k}`)!];
        expect(values.get(`f1@${k}`)).toBeCloseTo(p + r === 0 ? 0 : (2 * p * r) / (p + r), 12);
        expect(values.get(`mrr@${k}`)).toBe(expected["mrr"]! >= 1 / k ? expected["mrr"] : 0);
      }
    }
  });

  test("tied scores give the mean over all orders of the tied columns", () => {
    const random = new Random("orders");
    for (let round = 0; round < 150; round++) {
      const columns = 2 + random.integer(5);
      const scores = Float32Array.from({ length: columns }, () => random.integer(3));
      const order = random.shuffle([...scores.keys()]);
      const targets = new Set(order.slice(0, 1 + random.integer(columns)));
      const drawn = { scores, columns, targets: raggedFrom([[...targets]]), exclude: raggedFrom([[]]) };
      const orders = permutations([...scores.keys()]).filter((places) =>
        places.every((column, i) => i === 0 || scores[places[i - 1]!]! >= scores[column]!),
      );
      const values = valuesOfCase(drawn, [1, 2, 3, 5]);
      const sums = new Map<string, number>();
      for (const places of orders) {
        const found = trecEval(
          places.map((column) => targets.has(column)),
          targets.size,
          [1, 2, 3, 5],
        );
        for (const [name, value] of Object.entries(found)) sums.set(name, (sums.get(name) ?? 0) + value);
      }
      const means = [...sums].map(([name, sum]) => [name, near(sum / orders.length)]);
      expect(Object.fromEntries(values)).toMatchObject(Object.fromEntries(means));
    }
  });

  test("a constant scorer gets what a random order gets, at every catalogue size and cut-off", () => {
    for (const columns of [2, 20, 21, 40, 100]) {
      const targets = raggedFrom([[columns - 1]]);
      const constant = { scores: new Float32Array(columns), columns, targets, exclude: raggedFrom([[]]) };
      for (const k of [1, 10, columns / 2, columns]) {
        const values = valuesOfCase(constant, [Math.floor(k)]);
        const places = Array.from({ length: Math.min(Math.floor(k), columns) }, (_, i) => i + 1);
        const mean = (weight: (place: number) => number) =>
          places.reduce((sum, place) => sum + weight(place), 0) / columns;
        expect(values.get(`hit@${Math.floor(k)}`)).toBeCloseTo(
          mean(() => 1),
          12,
        );
        expect(values.get(`ndcg@${Math.floor(k)}`)).toBeCloseTo(
          mean((place) => 1 / Math.log2(place + 1)),
          12,
        );
        expect(values.get(`mrr@${Math.floor(k)}`)).toBeCloseTo(
          mean((place) => 1 / place),
          12,
        );
      }
    }
  });

  test("auc is the share of pairs won, ties half, also with ties, exclusions and NaN", () => {
    const random = new Random("pairs");
    for (let round = 0; round < 300; round++) {
      const drawn = randomCase(random, 1 + random.integer(5));
      const targets = new Set(listOf(drawn.targets, 0));
      const excluded = new Set(listOf(drawn.exclude, 0));
      const scoreOf = (column: number) => (excluded.has(column) ? Number.NaN : drawn.scores[column]!);
      const others = [...drawn.scores.keys()].filter(
        (column) => !targets.has(column) && !Number.isNaN(scoreOf(column)),
      );
      let won = 0;
      for (const target of targets) {
        for (const other of others) {
          if (scoreOf(target) > scoreOf(other)) won += 1;
          if (scoreOf(target) === scoreOf(other)) won += 0.5;
        }
      }
      const share = won / (targets.size * others.length);
      expect(valuesOfCase(drawn, [1]).get("auc")).toEqual(near(share));
    }
  }, 20_000);

  test("many queries at once equal the queries one by one", () => {
    const random = new Random("batch");
    const ranks = Array.from({ length: 30 }, () =>
      Array.from({ length: random.integer(4) }, () => (random.integer(5) ? 1 + random.integer(30) : Infinity)),
    );
    const targets = raggedFrom(ranks);
    const candidates = new Int32Array(30).fill(40);
    const found = {
      ranks: Float64Array.from(ranks.flat()),
      ties: Int32Array.from(ranks.flat(), (rank) => Number(rank < Infinity)),
    };
    const values = rankingMetrics(found, targets, {
      metrics: ALL,
      cutoffs: [5, 10],
      candidates,
    });
    for (const [row, own] of ranks.entries()) {
      const alone = own.length === 0 ? {} : valuesOf(own, ALL, { cutoffs: [5, 10], columns: 40 });
      const together = [...values].map(([name, column]) => [name, column[row]]);
      expect(together).toEqual([...values.keys()].map((name) => [name, alone[name] ?? Number.NaN]));
    }
  });
});

describe("properties", () => {
  /** Ranks that `targetRanks` can give, ties and all. */
  const cases = fc.record({
    scores: fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 2, maxLength: 25 }),
    share: fc.integer({ min: 1, max: 100 }),
    seed: fc.nat(),
  });
  const draw = ({ scores, share, seed }: { scores: number[]; share: number; seed: number }): Case => {
    const columns = scores.length;
    const count = Math.max(1, Math.floor((share * columns) / 100));
    const order = new Random(seed).shuffle(scores.map((_, column) => column));
    const targets = raggedFrom([order.slice(0, count)]);
    return { scores: Float32Array.from(scores), columns, targets, exclude: raggedFrom([[]]) };
  };
  const cutoffs = Array.from({ length: 26 }, (_, i) => i + 1);

  test("every value is in [0, 1]; recall and hit never fall with k; a hit is a recall above 0", () => {
    fc.assert(
      fc.property(cases, (drawn) => {
        const values = valuesOfCase(draw(drawn), cutoffs);
        for (const [name, value] of values) {
          const undefinedAuc = name === "auc" && Number.isNaN(value);
          expect(undefinedAuc || (value >= 0 && value <= 1 + 1e-12), `${name} = ${value}`).toBe(true);
        }
        for (const k of cutoffs) {
          for (const name of ["recall", "hit", "mrr", "map", "rbp", "err"]) {
            expect(values.get(`${name}@${k}`)! >= (values.get(`${name}@${k - 1}`) ?? 0) - 1e-12).toBe(true);
          }
          expect(values.get(`hit@${k}`)! >= values.get(`recall@${k}`)! - 1e-12).toBe(true);
          expect(values.get(`hit@${k}`)! > 0).toBe(values.get(`recall@${k}`)! > 0);
        }
        expect(values.get("recall@26")).toBeCloseTo(1, 12);
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  test("any increasing change of the scores leaves every value as it is", () => {
    fc.assert(
      fc.property(cases, (drawn) => {
        const plain = draw(drawn);
        const changed = { ...plain, scores: plain.scores.map((score) => score ** 3 - 20) };
        expect(valuesOfCase(changed, [1, 5])).toEqual(valuesOfCase(plain, [1, 5]));
      }),
      { numRuns: 100, seed: 2 },
    );
  });
});

test("bad input says what was expected", () => {
  const offsets = Int32Array.of(0, 1);
  const call = (ranks: number[], options = {}) =>
    rankingMetrics(
      { ranks: Float64Array.from(ranks), ties: new Int32Array(ranks.length).fill(1) },
      { offsets },
      { metrics: ["mrr"], cutoffs: [], ...options },
    );
  expect(() => call([1, 2])).toThrow("ranks must have 1 values like targets, got 2");
  expect(() => call([0.5])).toThrow(
    "ranks must be at least 1 and the mean place of their ties, got rank 0.5 of 1 targets among 1 equal scores in query 0",
  );
  expect(() => call([Number.NaN])).toThrow("got rank NaN of 1 targets");
  expect(() => call([1], { metrics: ["auc"] })).toThrow("auc needs candidates");
  expect(() => call([1], { metrics: ["auc"], candidates: [1, 2] })).toThrow("candidates must have 1 counts, got 2");
});
