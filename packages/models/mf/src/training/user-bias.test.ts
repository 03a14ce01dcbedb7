import { parseConfig, queryBatch, Random } from "@sequitur/core";
import { describe, expect, it } from "vitest";
import { bpo } from "../bpo/bpo.js";
import { bpr } from "../bpr/bpr.js";
import { nbpo } from "../nbpo/nbpo.js";
import { fitted, interactionsOf, plantedClasses } from "../planted.fixture.js";
import type { FactorModel } from "../serving/factor-model.js";
import type { FactorRecommender } from "../serving/factor-recommender.js";
import { innerProduct, rowOf } from "../serving/factor-tables.js";
import { warp } from "../warp/warp.js";

/** 40 users have most of the popular items 0 to 7; 20 have 6 of the other 32 each. */
function mainstreamAndNiche() {
  const random = new Random("niche");
  const mainstream = (): number[] => random.shuffle(Array.from({ length: 8 }, (_, item) => item)).slice(2);
  const niche = (): number[] => random.shuffle(Array.from({ length: 32 }, (_, item) => 8 + item)).slice(26);
  const pairs = Array.from({ length: 60 }, (_, user) =>
    (user < 40 ? mainstream() : niche()).map((item) => [user, item] as const),
  );
  return interactionsOf(pairs.flat(), 60, 40);
}

describe("a user's bias", () => {
  const train = mainstreamAndNiche();
  const ownOf = (user: number): Set<number> =>
    new Set(train.items.subarray(train.userOffsets[user], train.userOffsets[user + 1]));

  /** Mean over users of |P - 1/2|, P the mean probability of a positive and of an unvoted item, each weighing half. */
  function unbalance({ tables }: FactorModel): number {
    const { factors, users, items, bias, userBias } = tables;
    const gaps = Array.from({ length: 60 }, (_, user) => {
      const own = ownOf(user);
      let [positive, unvoted] = [0, 0];
      for (let item = 0; item < 40; item++) {
        const score = innerProduct(rowOf(users, factors, user), rowOf(items, factors, item));
        const probability = 1 / (1 + Math.exp(-score - (bias?.[item] ?? 0) - (userBias?.[user] ?? 0)));
        if (own.has(item)) positive += probability / own.size;
        else unvoted += probability / (40 - own.size);
      }
      return Math.abs((positive + unvoted) / 2 - 0.5);
    });
    return gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  }

  it.each([
    ["bpo", bpo],
    ["nbpo", nbpo],
  ] as const)("%s: is higher for users of rare items, and balances what each user is drawn", async (_, recommender) => {
    // The vectors are held near 0, so that only biases can explain anything.
    const config = { factors: 4, epochs: 150, hardest: 1, bias: true, biasDecay: 0, userDecay: 5, itemDecay: 5 };
    const [without, model] = [
      await fitted(recommender, train, config),
      await fitted(recommender, train, { ...config, userBias: true }),
    ];
    const mean = (from: number, to: number): number =>
      model.tables.userBias!.subarray(from, to).reduce((sum, value) => sum + value, 0) / (to - from);
    expect(mean(40, 60)).toBeGreaterThan(mean(0, 40) + 1);
    expect(unbalance(without)).toBeGreaterThan(2 * unbalance(model));
    expect(unbalance(model)).toBeLessThan(0.05);
  });

  it("is not part of the scores, whose order it cannot change, and is saved", async () => {
    const { train } = plantedClasses({ users: 30, items: 30, classes: 3 }, 0.3, new Random("user bias"));
    const model = await fitted(bpo, train, { factors: 6, epochs: 10, bias: true, userBias: true });
    const { users, items, bias } = model.tables;
    const batch = queryBatch([{ user: 4, items: [] }]);
    let sum = bias![7]!;
    for (let k = 0; k < 6; k++) sum += users[4 * 6 + k]! * items[7 * 6 + k]!;
    expect(model.score(batch)[7]).toBeCloseTo(sum, 5);
    const again = bpo.load(model.save());
    expect(again.tables).toEqual(model.tables);
    const wider = model.withUsers([{ id: "new", items: [0, 3, 6] }]);
    expect(wider.tables.userBias).toHaveLength(31);
    expect(Number.isFinite(wider.tables.userBias![30])).toBe(true);
  });

  it("is refused where scores are only compared within a user, so that it would cancel", () => {
    for (const recommender of [bpr, warp] as FactorRecommender[]) {
      expect(() => parseConfig(recommender.config, { userBias: true }, "test")).toThrow("userBias");
    }
  });
});
