import { idTable, NONE, queryBatch, type Query, type QueryBatch } from "@sequitur/core";
import { beforeAll, expect, test } from "vitest";
import { generateCity, type City } from "./city.js";
import { cityConfigSchema } from "./city-config.js";
import { cityOracle } from "./city-oracle.js";

let city: City;
/** Every fifth check-in as a question, the true answers, and the oracle's row of each. */
let queries: QueryBatch;
let answers: number[];
let scores: Float32Array;

beforeAll(async () => {
  city = await generateCity(cityConfigSchema.parse({ size: "tiny", users: 150, places: 200, checkinsPerUser: 60 }));
  const { interactions } = city;
  const list: Query[] = [];
  answers = [];
  for (let row = 0; row < interactions.size; row += 5) {
    const user = interactions.users[row]!;
    const start = interactions.userOffsets[user]!;
    const [items, times] = [interactions.items.subarray(start, row), interactions.times.subarray(start, row)];
    list.push({ user, items, times, now: interactions.times[row]! });
    answers.push(interactions.items[row]!);
  }
  queries = queryBatch(list);
  scores = cityOracle(city).score(queries);
});

const P = 200;
const rowOf = (matrix: Float32Array, b: number): Float32Array => matrix.subarray(b * P, (b + 1) * P);
const meanLog = (matrix: Float32Array): number =>
  answers.reduce((sum, answer, b) => sum + matrix[b * P + answer]!, 0) / answers.length;

test("the probabilities of each query sum to 1", () => {
  for (let b = 0; b < queries.size; b++) {
    let sum = 0;
    for (const score of rowOf(scores, b)) sum += Math.exp(score);
    expect(sum).toBeCloseTo(1, 4);
  }
});

test("mean log probability of what happened is the negative entropy", () => {
  const gaps = answers.map((answer, b) => {
    let entropy = 0;
    for (const score of rowOf(scores, b)) if (score > -1e9) entropy -= Math.exp(score) * score;
    return scores[b * P + answer]! + entropy;
  });
  const mean = gaps.reduce((a, b) => a + b, 0) / gaps.length;
  const deviation = Math.sqrt(gaps.reduce((a, b) => a + (b - mean) ** 2, 0) / gaps.length);
  expect(Math.abs(mean)).toBeLessThan((4 * deviation) / Math.sqrt(gaps.length));
});

test("in every band of probability the places are chosen as often as said", () => {
  const edges = [0, 0.0005, 0.002, 0.01, 0.03, 0.1, 0.3, 0.6, 1.01];
  const expected = edges.map(() => 0);
  const spread = edges.map(() => 0);
  const hits = edges.map(() => 0);
  for (let b = 0; b < queries.size; b++) {
    rowOf(scores, b).forEach((score, item) => {
      const p = Math.exp(score);
      const band = edges.findIndex((edge) => p < edge) - 1;
      expected[band]! += p;
      spread[band]! += p * (1 - p);
      if (answers[b] === item) hits[band]! += 1;
    });
  }
  for (let band = 0; band + 1 < edges.length; band++) {
    expect(expected[band]).toBeGreaterThan(5);
    expect(Math.abs(hits[band]! - expected[band]!)).toBeLessThan(4 * Math.sqrt(spread[band]!));
  }
});

test("it ranks far better than popularity and than the user's own counts", () => {
  const counts = new Float64Array(P);
  for (const item of city.interactions.items) counts[item]! += 1;
  const ndcg = (rowScores: (b: number) => ArrayLike<number>): number => {
    let total = 0;
    answers.forEach((answer, b) => {
      const row = Array.from(rowScores(b));
      const above = row.filter((score) => score > row[answer]!).length;
      const ties = row.filter((score) => score === row[answer]!).length - 1;
      const rank = 1 + above + ties / 2;
      if (rank <= 10) total += 1 / Math.log2(rank + 1);
    });
    return total / answers.length;
  };
  const oracle = ndcg((b) => rowOf(scores, b));
  const popularity = ndcg(() => counts);
  const own = ndcg((b) => {
    const row = counts.map((count) => count / 1e6);
    for (let i = queries.offsets[b]!; i < queries.offsets[b + 1]!; i++) row[queries.items[i]!]! += 1;
    return row;
  });
  expect(own).toBeGreaterThan(popularity + 0.1);
  expect(oracle).toBeGreaterThan(own + 0.15);
});

test.each(["taste", "distance", "hour", "season", "openingHours", "sequence", "habit"] as const)(
  "an oracle blind to %s predicts worse: the part is a planted truth",
  (part) => {
    const blind = cityOracle(city, { weights: { [part]: 0 } }).score(queries);
    expect(meanLog(scores) - meanLog(blind)).toBeGreaterThan(0.02);
  },
);

test("candidates are columns of the whole, and single queries rows of the batch", () => {
  const candidates = Int32Array.of(7, 0, 199, 42);
  const some = cityOracle(city).score(queries, candidates);
  for (let b = 0; b < queries.size; b += 29) {
    candidates.forEach((item, c) => expect(some[b * 4 + c]).toBe(scores[b * P + item]));
  }
});

test("the past is the city's own, so that the history a query carries does not matter; nor does the future", () => {
  const bare = {
    ...queries,
    offsets: new Int32Array(queries.size + 1),
    items: new Int32Array(0),
    times: new Float64Array(0),
  };
  expect(Buffer.from(cityOracle(city).score(bare).buffer).equals(Buffer.from(scores.buffer))).toBe(true);
  const middle = city.interactions.times.toSorted()[city.interactions.size >> 1]!;
  const items = city.interactions.items.map((item, row) => (city.interactions.times[row]! >= middle ? 0 : item));
  const changed = cityOracle({ ...city, interactions: { ...city.interactions, items } }).score(queries);
  let compared = 0;
  for (let b = 0; b < queries.size; b++) {
    if (queries.now[b]! > middle) continue;
    expect(rowOf(changed, b).every((score, item) => score === scores[b * P + item])).toBe(true);
    compared++;
  }
  expect(compared).toBeGreaterThan(100);
});

test("another catalogue is matched by id; strangers and unknown items are NaN, unopened places -Infinity", () => {
  const { catalog } = city.interactions;
  const items = idTable(["elsewhere", catalog.items.ids[5]!, catalog.items.ids[2]!]);
  const users = idTable(["stranger", catalog.users.ids[3]!]);
  const oracle = cityOracle(city, { catalog: { items, users, itemColumns: {} } });
  const now = city.truth.period.start + 200 * 86_400_000;
  const own = cityOracle(city).score(queryBatch([{ user: 3, items: [], now }]));
  const mapped = oracle.score(
    queryBatch([
      { items: [], now },
      { user: 0, items: [], now },
      { user: 1, items: [], now },
    ]),
  );
  expect([...mapped.subarray(0, 7)].every(Number.isNaN)).toBe(true);
  expect(mapped[7]).toBe(own[5]);
  expect(mapped[8]).toBe(own[2]);
  expect(queryBatch([{ items: [], now }]).users[0]).toBe(NONE);
  const late = city.truth.places.openedAt.findIndex((opened) => opened > now);
  expect(own[late]).toBe(Number.NEGATIVE_INFINITY);
});
