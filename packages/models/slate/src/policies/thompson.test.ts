import { certainSlate, NONE, queryBatch, Random, type Slate } from "@sequitur/core";
import { decodeArtifact, encodeArtifact } from "@sequitur/recommender";
import { describe, expect, it } from "vitest";
import { posteriorAt } from "../slate-gru/posterior.fixture.js";
import { slateModel } from "../slate-gru/slate-model.js";
import { greedy } from "./greedy.js";
import { inSlateThompson, nextDraw, sameDraw } from "./in-slate-thompson.js";
import { thompson } from "./thompson.js";
import { catalogOf, inverseGap, propensityGap, scoresModel, slatesOf } from "./world.fixture.js";

const query = queryBatch([{ user: 0, items: [1] }]);
const means = [0, 1, 1.4, 1.9, 3, 6];
const partsOf = (scales?: readonly number[], at: readonly number[] = means) => {
  const model = slateModel(posteriorAt(at, scales));
  return { name: "policy:slate-gru", catalog: model.catalog, model };
};
/** Items that are all likely to be shown. */
const near = [0.4, 0.8, 1, 1.3, 1.9, 2.4];
const draws = { propensityDraws: 0 };
const both = ["next-draw", "same-draw"] as const;
const rows = (slates: readonly Slate[]) => slates.map(({ items }) => [...items]);

describe("Thompson sampling", () => {
  it("property 7: shows what greedy shows where the posterior is sure", () => {
    const [best] = slatesOf(greedy.make(partsOf(), {}), query, 1, 4, new Random(1));
    const sure = [
      thompson.make(partsOf(), draws),
      ...both.map((collision) => inSlateThompson.make(partsOf(), { collision, ...draws })),
    ];
    // Under "next-draw" equal rankings give rank 1, then rank 2, and so on: the greedy slate again.
    for (const policy of sure)
      expect(rows(slatesOf(policy, query, 3, 4, new Random(2)))).toEqual([0, 1, 2].map(() => [...best!.items]));
  });

  it.each(both)("property 8: in-slate (%s) shows k distinct items, and is Thompson for k = 1", (collision) => {
    const parts = partsOf([1, 1, 1, 1, 1, 1]);
    const inSlate = inSlateThompson.make(parts, { collision, ...draws });
    for (const items of rows(slatesOf(inSlate, query, 200, 6, new Random(3)))) {
      expect(items.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5]);
    }
    const count = 1500;
    const shareOf = (slates: readonly Slate[]) =>
      means.map((_, item) => slates.filter(({ items }) => items[0] === item).length / count);
    const one = shareOf(slatesOf(inSlate, query, count, 1, new Random(4)));
    const other = shareOf(slatesOf(thompson.make(parts, draws), query, count, 1, new Random(5)));
    for (const [item, share] of one.entries()) expect(Math.abs(share - other[item]!)).toBeLessThan(0.08);
    expect(Math.max(...one)).toBeLessThan(0.6);
  });

  it("property 9: an unsure group is shown more by in-slate Thompson, and no more by greedy", () => {
    const far = 5;
    const shown = (scale: number) => {
      const parts = partsOf([0.1, 0.1, 0.1, 0.1, 0.1, scale]);
      const share = (slates: readonly Slate[]) =>
        slates.filter(({ items }) => items.includes(far)).length / slates.length;
      return {
        inSlate: share(
          slatesOf(inSlateThompson.make(parts, { collision: "next-draw", ...draws }), query, 300, 3, new Random(6)),
        ),
        greedy: share(slatesOf(greedy.make(parts, {}), query, 3, 3, new Random(6))),
      };
    };
    expect(shown(0.1)).toEqual({ inSlate: 0, greedy: 0 });
    expect(shown(5).inSlate).toBeGreaterThan(0.05);
    expect(shown(5).greedy).toBe(0);
  });

  it("places by the two rules of collision", () => {
    const rankings = [
      [1, 2, 3],
      [1, 4, 2],
      [5, 1, 2],
    ].map((items) => Int32Array.from(items));
    expect([...nextDraw(rankings, 3)]).toEqual([1, 5, 2]);
    expect([...sameDraw(rankings, 3)]).toEqual([1, 4, 5]);
  });

  it.each([
    ["thompson", thompson.make(partsOf([1, 1, 1, 1, 1, 1], near), { propensityDraws: 4 })],
    ...both.map(
      (collision) =>
        [
          collision,
          inSlateThompson.make(partsOf([1, 1, 1, 1, 1, 1], near), { collision, propensityDraws: 12 }),
        ] as const,
    ),
  ] as const)("%s: the inverse of its propensities is unbiased, also with too few draws to hit", (_, policy) => {
    const slates = slatesOf(policy, query, 2500, 3, new Random(7));
    expect(slates.every(({ kind, conditionals }) => kind === "estimated" && conditionals.every(Number.isNaN))).toBe(
      true,
    );
    expect(inverseGap(slates, [0, 1, 2, 3, 4, 5])).toBeLessThan(3);
  });

  it("draws the same from the same seed, only candidates, and says when propensities are not estimated", () => {
    const policy = inSlateThompson.make(partsOf([1, 1, 1, 1, 1, 1]), { collision: "next-draw", ...draws });
    const candidates = Int32Array.of(5, 0);
    const twice = { candidates: Int32Array.of(5, 5), random: new Random(8) };
    expect(() => policy.slates(query, 2, twice)).toThrow("candidates must be distinct, got 5 twice.");
    const draw = () => slatesOf(policy, query, 5, 3, new Random(8), candidates);
    expect(draw()).toEqual(draw());
    expect(rows(draw()).every((items) => items.length === 2 && items.every((item) => candidates.includes(item)))).toBe(
      true,
    );
    expect(draw()[0]).toMatchObject({ kind: "unknown", propensities: Float64Array.of(NaN, NaN) });
    expect(propensityGap(slatesOf(greedy.make(partsOf(), {}), query, 10, 2, new Random(1)))).toBe(0);
  });

  it("shows the same where propensities are not asked for, and leaves them unknown", () => {
    const parts = partsOf([1, 1, 1, 1, 1, 1]);
    const policies = [
      thompson.make(parts, { propensityDraws: 8 }),
      inSlateThompson.make(parts, { collision: "next-draw", propensityDraws: 8 }),
    ];
    const batch = queryBatch([{ items: [1] }, { items: [] }, { items: [5] }]);
    for (const policy of policies) {
      const [asked, spared] = [true, false].map((propensities) =>
        policy.slates(batch, 3, { random: new Random(11), propensities }),
      );
      expect(rows(spared!)).toEqual(rows(asked!));
      expect(asked!.every(({ standardErrors }) => standardErrors!.every((error) => error >= 0))).toBe(true);
      expect(spared!.every(({ kind, propensities: all }) => kind === "unknown" && all.every(Number.isNaN))).toBe(true);
    }
  });

  it("needs a model with a posterior", () => {
    const catalog = catalogOf(2);
    const parts = { name: "thompson:given", catalog, model: scoresModel(catalog, [1, 2]) };
    expect(() => thompson.make(parts, draws)).toThrow(
      "policy thompson:given needs a model with a posterior to draw from, such as slate-gru, got given.",
    );
  });
});

describe("learning online", () => {
  const slate = (items: readonly number[]): Slate => certainSlate(Int32Array.from(items));

  it("moves a clicked item towards the user and a passed one away, and becomes surer of both", () => {
    const parts = partsOf([1, 1, 1, 1, 1, 1]);
    const policy = greedy.make(parts, {});
    for (let round = 0; round < 12; round++) policy.observe!(query, [slate([4, 0])], Int32Array.of(0));
    const after = slateModel(posteriorAt(means, [1, 1, 1, 1, 1, 1]));
    const { tensors } = policy.save!();
    const found = tensors.get("items/mean")!.data as Float32Array;
    const scales = tensors.get("items/scale")!.data as Float32Array;
    expect(Math.abs(found[4]! - 1)).toBeLessThan(Math.abs(after.posterior.itemMeans[4]! - 1));
    expect(Math.abs(found[0]! - 1)).toBeGreaterThan(1.1);
    expect([scales[4]! < 1, scales[0]! < 1, scales[1]]).toEqual([true, true, 1]);
    expect([...parts.model.posterior.itemMeans], "the model stays").toEqual([...Float32Array.from(means)]);
  });

  it("learns what a user likes beside the clicks, for that user alone", () => {
    const parts = partsOf();
    const policy = greedy.make(parts, {});
    const first = (user: number) =>
      policy.slates(queryBatch([{ user, items: [] }]), 1, { random: new Random(1) })[0]!.items[0];
    const quiet = queryBatch([{ user: 1, items: [] }]);
    for (let round = 0; round < 20; round++) policy.observe!(quiet, [slate([0, 3])], Int32Array.of(1));
    expect([first(1) === 0, first(2)]).toEqual([false, 0]);
  });

  it("survives a restart exactly", () => {
    const parts = partsOf([1, 1, 1, 1, 1, 1]);
    const policy = inSlateThompson.make(parts, { collision: "next-draw", ...draws });
    slatesOf(policy, query, 1, 3, new Random(8)); // what was drawn from before must follow
    policy.observe!(query, [slate([2, 4, 1])], Int32Array.of(1));
    const state = decodeArtifact(encodeArtifact(policy.save!()), "test");
    const again = inSlateThompson.make({ ...parts, state }, { collision: "next-draw", ...draws });
    for (const learner of [policy, again]) learner.observe!(query, [slate([5, 0])], Int32Array.of(NONE));
    expect(encodeArtifact(again.save!())).toEqual(encodeArtifact(policy.save!()));
    expect(rows(slatesOf(again, query, 20, 3, new Random(9)))).toEqual(
      rows(slatesOf(policy, query, 20, 3, new Random(9))),
    );
  });

  it.each([0, 1.5])("refuses a propensity of %d", (propensity) => {
    const policy = greedy.make(partsOf(), {});
    const shown = { ...slate([1]), propensities: Float64Array.of(propensity) };
    const message = `propensities must be in (0, 1] or NaN, got ${propensity} at position 0 in slate 0.`;
    expect(() => policy.observe!(query, [shown], Int32Array.of(0))).toThrow(message);
  });

  it.each<[string, readonly number[], number, string]>([
    ["a duplicate", [1, 2, 1], 0, "items of a slate must be distinct, got item 1 again in slate 0."],
    ["a click outside", [1, 2], 2, "a click must be NONE or a position in [0, 2), got 2 in slate 0."],
    ["a strange item", [1, 6], 0, "items must be in [0, 6), got 6 in slate 0."],
  ])("refuses %s, and learns nothing of it", (_, items, click, message) => {
    const policy = greedy.make(partsOf([1, 1, 1, 1, 1, 1]), {});
    const before = encodeArtifact(policy.save!());
    expect(() => policy.observe!(query, [slate(items)], Int32Array.of(click))).toThrow(message);
    expect(encodeArtifact(policy.save!())).toEqual(before);
  });
});
