import { queryBatch, Random } from "@sequitur/core";
import { describe, expect, it } from "vitest";
import { epsilonGreedy } from "./epsilon-greedy.js";
import { greedy } from "./greedy.js";
import { positionProbabilities } from "./plackett-luce.js";
import { randomPolicy } from "./random-policy.js";
import { softmax } from "./softmax-policy.js";
import { catalogOf, propensityGap, scoresModel, slatesOf } from "./world.fixture.js";

const catalog = catalogOf(6);
const model = scoresModel(catalog, [0.5, 2, NaN, 1, 0, -1]);
const parts = { name: "policy:given", catalog, model };
const query = queryBatch([{ user: 0, items: [1] }]);

const policies = {
  random: randomPolicy.make(parts, {}),
  greedy: greedy.make(parts, {}),
  "epsilon-greedy": epsilonGreedy.make(parts, { epsilon: 0.4 }),
  softmax: softmax.make(parts, { temperature: 0.7 }),
};

describe.each(Object.entries(policies))("%s", (_, policy) => {
  it("gives distinct items, at most k and only candidates, with propensities in (0, 1]", () => {
    for (const candidates of [undefined, Int32Array.of(4, 0, 3)]) {
      for (const slate of slatesOf(policy, query, 50, 4, new Random(1), candidates)) {
        expect(new Set(slate.items).size).toBe(slate.items.length);
        expect(slate.items).toHaveLength(candidates ? 3 : 4);
        expect(slate.items.every((item) => (candidates ?? [0, 1, 2, 3, 4, 5]).includes(item))).toBe(true);
        expect(slate.propensities.every((p) => p > 0 && p <= 1)).toBe(true);
      }
    }
  });

  it("states the propensities that are observed, and conditionals that multiply to how often a slate comes", () => {
    const slates = slatesOf(policy, query, 4000, 3, new Random(2));
    expect(propensityGap(slates)).toBeLessThan(4.5);
    const first = slates.filter(({ items }) => items.join() === slates[0]!.items.join());
    const joint = slates[0]!.conditionals.reduce((product, p) => product * p, 1);
    expect(Math.abs(first.length / slates.length - joint)).toBeLessThan(
      4 * Math.sqrt((joint * (1 - joint)) / 4000) + 1e-9,
    );
  });

  it("draws the same from the same seed, and refuses k = 0 and candidates that are none", () => {
    const draw = () => slatesOf(policy, query, 5, 3, new Random(3)).map(({ items }) => [...items]);
    expect(draw()).toEqual(draw());
    const random = new Random(1);
    expect(() => policy.slates(query, 0, { random })).toThrow("k must be a positive integer, got 0.");
    const ask = (...candidates: number[]) =>
      policy.slates(query, 2, { random, candidates: Int32Array.from(candidates) });
    expect(() => ask(1, 2, 1)).toThrow("candidates must be distinct, got 1 twice.");
    expect(() => ask(1, 6)).toThrow("candidates must lie in [0, 6), got 6.");
  });
});

it("never shows an item that cannot be scored, unless it explores uniformly", () => {
  const shown = (name: keyof typeof policies) =>
    slatesOf(policies[name], query, 300, 3, new Random(4)).some(({ items }) => items.includes(2));
  expect([shown("greedy"), shown("softmax"), shown("random"), shown("epsilon-greedy")]).toEqual([
    false,
    false,
    true,
    true,
  ]);
});

it("gives Plackett-Luce marginals that equal the sum over all prefixes, also for weights far apart", () => {
  for (const weights of [
    [4, 3, 2, 1, 0.5],
    [1, 1e-6, 1e-3, 1e4, 1],
    [1, 1, 1, 1, 1],
  ]) {
    const exact = (place: number, position: number, left: readonly number[]): number => {
      const sum = left.reduce((total, other) => total + weights[other]!, 0);
      if (position === 0) return weights[place]! / sum;
      return left
        .filter((other) => other !== place)
        .reduce(
          (total, other) =>
            total +
            (weights[other]! / sum) *
              exact(
                place,
                position - 1,
                left.filter((rest) => rest !== other),
              ),
          0,
        );
    };
    const shown = [3, 0, 4, 1];
    const found = positionProbabilities(Float64Array.from(weights, Math.log), Int32Array.from(shown));
    for (const [position, place] of shown.entries()) {
      expect(found[position]! / exact(place, position, [0, 1, 2, 3, 4])).toBeCloseTo(1, 8);
    }
  }
});

it("stays finite where a low temperature leaves nothing to chance", () => {
  const cold = softmax.make(parts, { temperature: 1e-4 });
  const [slate] = slatesOf(cold, query, 1, 5, new Random(5));
  expect([...slate!.items]).toEqual([1, 3, 0, 4, 5]);
  expect([...slate!.propensities].map((p) => Number(p.toFixed(6)))).toEqual([1, 1, 1, 1, 1]);
});
