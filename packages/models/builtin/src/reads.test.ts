import { DAY_MS, HOUR_MS, parseConfig, Random, type QueryBatch } from "@sequitur/core";
import { inputsWhere } from "@sequitur/recommender";
import { checkerboard } from "@sequitur/recommender/conforms";
import { describe, expect, it } from "vitest";
import { loadRecommender, recommenderNames } from "./recommenders.js";

const titles = Array.from({ length: 20 }, (_, item) => `${item % 2 === 0 ? "even" : "odd"} thing ${item}`);
const { train, queries } = checkerboard({ titles });
/** As if each question were asked half a day and a season later. */
const later: QueryBatch = { ...queries, now: queries.now.map((now) => now + 100 * DAY_MS + 11 * HOUR_MS) };

/** Configs besides the defaults that change what is read. */
const CONFIGS: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ...recommenderNames.map((name) => [name, {}] as const),
  ["markov", { sessionGapHours: 1 }],
  ["personal", { nextTime: "given" }],
  ["personal", { nextTime: "predicted", countHistory: false }],
  ["seaget", { nextTime: "predicted" }],
  ["getnext", { nextTime: "given" }],
  ["bpr", { knownUsers: "history" }],
  ["als", { knownUsers: "history" }],
  ["co-occurrence", { contentWeight: 0.5 }],
];

describe("reads", () => {
  it.each(CONFIGS)(
    "of %s %j tells whether the answer's time and the question's history are read",
    async (name, given) => {
      const recommender = await loadRecommender(name);
      const config = parseConfig(recommender.config, given, name);
      const reads = recommender.reads?.(config) ?? [];
      expect(recommender).toHaveProperty("reads");
      const model = await recommender.fit(train, config, { random: new Random("reads") });
      const scores = model.score(queries);
      const answerTime = !same(model.score(later), scores);
      expect(reads.includes("answer-time")).toBe(answerTime);
      const validation = !same(model.score(withoutHistory(queries)), scores);
      expect(reads.includes("validation-item")).toBe(validation);
    },
  );

  it("of popularity by parts of the calendar names the answer's time", async () => {
    const recommender = await loadRecommender("popularity");
    for (const by of ["hour", "month", "season"]) {
      expect(recommender.reads!(parseConfig(recommender.config, { by }, "popularity"))).toEqual([
        "answer-time",
        "times",
      ]);
    }
    expect(recommender.reads!(parseConfig(recommender.config, {}, "popularity"))).toEqual([]);
  });

  it("names inputs in one order", () => {
    expect(inputsWhere({ places: true, "own-history": true, texts: false })).toEqual(["own-history", "places"]);
  });
});

function same(one: Float32Array, other: Float32Array): boolean {
  return one.every((score, at) => Object.is(score, other[at]));
}

/** The same users with nothing in their histories. */
function withoutHistory(batch: QueryBatch): QueryBatch {
  const zeros = new Int32Array(batch.size);
  return {
    ...batch,
    offsets: new Int32Array(batch.size + 1),
    items: new Int32Array(0),
    times: batch.times.slice(0, 0),
    sessionStarts: zeros,
  };
}
