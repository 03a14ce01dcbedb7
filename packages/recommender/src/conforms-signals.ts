import {
  HOUR_MS,
  appendRows,
  interactionsFrom,
  listOf,
  NEGATIVE,
  POSITIVE,
  queryBatch,
  Random,
  type Interactions,
  type QueryBatch,
  maxOf,
} from "@sequitur/core";
import { beforeAll, describe, expect, it } from "vitest";
import { recommend } from "./recommend.js";
import type { Recommender } from "./recommender.js";

/** A log and its questions. */
interface World {
  readonly train: Interactions;
  readonly queries: QueryBatch;
}

/** Relative or in standard deviations, what two fits of the same events may be apart by: one event more shifts every later draw. */
const NOISE = 0.05;

/**
 * What `conforms` asks of signals: in a world where each user has one event more, of the item that is their own number and
 * before all others, against the twin without these events. The scores of these items are compared, averaged over users.
 */
export function hearsSignals<Config>(recommender: Recommender<Config>, config: Config, plain: World): void {
  describe("hears what events say", () => {
    const warnings: string[] = [];
    const standing = async (world: World): Promise<Standing> => {
      const run = { random: new Random("conforms"), warn: (message: string) => void warnings.push(message) };
      const model = await recommender.fit(world.train, config, run);
      return meanStanding(model.score(world.queries), world.queries.size);
    };
    let without: Standing;
    let liked: Standing;
    beforeAll(async () => {
      without = await standing(plain);
      liked = await standing(withEvents(plain, POSITIVE, 1));
    });

    it("declares what it does with them", () => {
      expect(["weighs", "counts"]).toContain(recommender.signals?.positive);
      expect(["learns", "ignores"]).toContain(recommender.signals?.negative);
    });

    it("is not changed by roles and values that say nothing new", async () => {
      const { train, queries } = withEvents(plain, POSITIVE, 1);
      const { role: _role, value: _value, ...context } = train.context;
      const { roles: _roles, values: _values, ...bare } = queries;
      expect(await standing({ train: { ...train, context }, queries: bare })).toEqual(liked);
    });

    it("never scores an item lower for one more positive event", () => {
      expect(fell(without, liked), "both score and height fell").toBe(false);
    });

    it("scores an item lower for a negative event, and does not show it unless asked", async () => {
      const world = withEvents(plain, NEGATIVE, 1);
      warnings.length = 0;
      expect(maxOf(rise(without, await standing(world)))).toBeLessThan(-NOISE);
      expect(warnings.some((text) => text.includes("negatives"))).toBe(recommender.signals?.negative === "ignores");
      const model = await recommender.fit(world.train, config, { random: new Random("conforms") });
      const size = model.catalog.items.size;
      const barred = recommend(model, world.queries, { k: size });
      const asked = recommend(model, world.queries, { k: size, negatives: true });
      for (let user = 0; user < world.queries.size; user++) {
        expect(listOf(barred, user).includes(user)).toBe(false);
        expect(listOf(asked, user).length).toBeGreaterThanOrEqual(listOf(barred, user).length);
      }
    });

    it("does not score an item higher for an exposure alone", async () => {
      const [score, height] = rise(without, await standing(withEvents(plain, 0, 1)));
      expect([score, height].every((change) => change <= 0)).toBe(true);
    });

    it("goes at least as far for a value of 5 as for one of 1, and warns where values are not used", async () => {
      warnings.length = 0;
      expect(fell(liked, await standing(withEvents(plain, POSITIVE, 5))), "both score and height fell").toBe(false);
      expect(warnings.some((text) => text.includes("values"))).toBe(recommender.signals?.positive === "counts");
    });
  });
}

/** The world with one event more a user, of the item of the user's number, an hour before all others. */
function withEvents({ train, queries }: World, role: number, value: number): World {
  const { catalog } = train;
  const numbers = Int32Array.from({ length: queries.size }, (_, number) => number);
  const first = train.times.reduce((least, time) => Math.min(least, time), Infinity) - HOUR_MS;
  const events = interactionsFrom(catalog, {
    users: numbers,
    items: numbers,
    times: new Float64Array(queries.size).fill(first),
    context: {
      role: new Int8Array(queries.size).fill(role),
      value: new Float32Array(queries.size).fill(value),
    },
  });
  const asked = Array.from(numbers, (user) => {
    const items = [user, ...listOf(queries, user)];
    const own = queries.times.subarray(queries.offsets[user], queries.offsets[user + 1]);
    return {
      user,
      items,
      times: [first, ...own],
      roles: items.map((_, at) => (at === 0 ? role : POSITIVE)),
      values: items.map((_, at) => (at === 0 ? value : 1)),
      now: queries.now[user]!,
    };
  });
  return { train: appendRows(train, events, numbers), queries: queryBatch(asked) };
}

/** Where the item of each user's number stands, averaged over users. */
interface Standing {
  readonly score: number;
  /** Standard deviations above the mean of the user's scores. */
  readonly height: number;
}

/** NaN counts as 0. */
function meanStanding(scores: Float32Array, users: number): Standing {
  const width = scores.length / users;
  let [score, height] = [0, 0];
  for (let user = 0; user < users; user++) {
    const row = scores.subarray(user * width, (user + 1) * width).map((value) => (Number.isNaN(value) ? 0 : value));
    const mean = row.reduce((sum, value) => sum + value, 0) / width;
    const deviation = Math.sqrt(row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / width);
    score += row[user]! / users;
    if (deviation > 0) height += (row[user]! - mean) / deviation / users;
  }
  return { score, height };
}

/** How far the second stands above the first, in score (relative to it) and in height. */
function rise(from: Standing, to: Standing): readonly [score: number, height: number] {
  return [(to.score - from.score) / (1e-9 + Math.abs(from.score)), to.height - from.height];
}

/** An item that counts more lifts its neighbours too, and a larger scale lifts all: it fell where both of the two fell. */
function fell(from: Standing, to: Standing): boolean {
  return maxOf(rise(from, to)) < -NOISE;
}
