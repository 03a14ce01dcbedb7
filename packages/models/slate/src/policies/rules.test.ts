import { queryBatch, Random, type Slate } from "@sequitur/core";
import type { SlatePolicy, SlateRules } from "@sequitur/recommender";
import { describe, expect, it } from "vitest";
import { posteriorAt } from "../slate-gru/posterior.fixture.js";
import { slateModel } from "../slate-gru/slate-model.js";
import { epsilonGreedy } from "./epsilon-greedy.js";
import { greedy } from "./greedy.js";
import { inSlateThompson } from "./in-slate-thompson.js";
import { randomPolicy } from "./random-policy.js";
import { softmax, standardised } from "./softmax-policy.js";
import { thompson } from "./thompson.js";
import { ucb } from "./ucb.js";
import { inverseGap, scoresModel } from "./world.fixture.js";

const model = slateModel(posteriorAt([0.4, 0.8, 1, 1.3, 1.9, 2.4], [1, 1, 1, 1, 1, 1]));
const { catalog } = model;
const parts = { name: "policy", catalog, model };
const query = queryBatch([{ user: 0, items: [1] }]);
const policies: readonly (readonly [string, SlatePolicy])[] = [
  ["random", randomPolicy.make(parts, {})],
  ["greedy", greedy.make(parts, {})],
  ["epsilon-greedy", epsilonGreedy.make(parts, { epsilon: 0.4 })],
  ["softmax", softmax.make(parts, { temperature: 1 })],
  ["ucb", ucb.make(parts, { exploration: 1 })],
  ["thompson", thompson.make(parts, { propensityDraws: 8 })],
  ["in-slate next-draw", inSlateThompson.make(parts, { collision: "next-draw", propensityDraws: 8 })],
  ["in-slate same-draw", inSlateThompson.make(parts, { collision: "same-draw", propensityDraws: 8 })],
];

function shown(policy: SlatePolicy, count: number, k: number, rules: SlateRules, candidates?: Int32Array): Slate[] {
  return Array.from({ length: count }, (_, draw) => {
    const options = { random: new Random("rules").fork(draw), rules, ...(candidates && { candidates }) };
    return policy.slates(query, k, options)[0]!;
  });
}

describe.each(policies)("%s", (name, policy) => {
  it("shows pins at their places for certain, and the others as likely as they are", () => {
    const rules = {
      pins: [
        { item: 9, position: 2 },
        { item: 1, position: 0 },
      ],
    };
    const slates = shown(policy, 1500, 4, rules);
    for (const { items, propensities, conditionals } of slates) {
      expect([items[0], items[2], new Set(items).size]).toEqual([1, 9, 4]);
      expect([propensities[0], propensities[2], conditionals[0], conditionals[2]]).toEqual([1, 1, 1, 1]);
    }
    if (name === "greedy" || name === "ucb") return;
    const free = slates.map((slate) => ({
      ...slate,
      items: Int32Array.of(slate.items[1]!, slate.items[3]!),
      propensities: Float64Array.of(slate.propensities[1]!, slate.propensities[3]!),
    }));
    expect(inverseGap(free, [0, 2, 3, 4, 5])).toBeLessThan(3);
  });

  it("keeps to caps, whose items are never more than allowed", () => {
    const rules = { caps: [{ most: 1, holds: (item: number) => item < 4 || item === 9 }] };
    for (const slate of shown(policy, 100, 3, rules)) {
      expect(slate.items).toHaveLength(3);
      expect(slate.items.filter((item) => item < 4)).toHaveLength(1);
    }
    const pinned = { ...rules, pins: [{ item: 9, position: 0 }] };
    for (const slate of shown(policy, 20, 3, pinned)) expect(slate.items.toSorted()).toEqual(Int32Array.of(4, 5, 9));
  });

  it("fills up behind what may be shown, for certain, in the order given", () => {
    const fill = () => [7, 3, 8, 5];
    for (const { items, propensities, conditionals } of shown(policy, 20, 5, { fill }, Int32Array.of(3, 0))) {
      expect(items.slice(0, 2).toSorted()).toEqual(Int32Array.of(0, 3));
      expect(items.slice(2)).toEqual(Int32Array.of(7, 8, 5));
      expect([...propensities.slice(2), ...conditionals.slice(2)]).toEqual([1, 1, 1, 1, 1, 1]);
    }
  });

  it("refuses pins that contradict each other, and boosts where it has no scores", () => {
    const pins = [
      { item: 1, position: 0 },
      { item: 1, position: 2 },
    ];
    expect(() => shown(policy, 1, 3, { pins })).toThrow("pinned items must be distinct.");
    const boost = () => 2;
    const ranksByDraws = name === "thompson" || name.startsWith("in-slate");
    const ask = () => shown(policy, 1, 3, { boost })[0]!.items.length;
    const outcome = (): number | string => {
      try {
        return ask();
      } catch (error) {
        return (error as Error).message;
      }
    };
    const refusal = "policy policy takes no boosts: it ranks by draws, which have no scores.";
    expect(outcome()).toBe(ranksByDraws ? refusal : 3);
  });
});

it("softmax draws by standardised scores: neither scale nor offset of a model's scores matters", () => {
  expect([...standardised(Float64Array.of(1, 2, 3))].map((z) => Number(z.toFixed(6)))).toEqual([
    -1.224745, 0, 1.224745,
  ]);
  expect([...standardised(Float64Array.of(5, 5))]).toEqual([0, 0]);
  expect([...standardised(Float64Array.of(1e300, -1e300, Infinity))].every(Number.isFinite)).toBe(true);
  const of = (scores: readonly number[]) =>
    softmax.make({ name: "softmax", catalog, model: scoresModel(catalog, scores) }, { temperature: 0.5 });
  const scores = [0, 1, 4, 9, 16, 25];
  const first = shown(of(scores), 1, 6, {})[0]!;
  const other = shown(of(scores.map((score) => 1000 * score - 7)), 1, 6, {})[0]!;
  expect([...other.items]).toEqual([...first.items]);
  for (const [at, p] of other.conditionals.entries()) expect(p).toBeCloseTo(first.conditionals[at]!, 5);
  // exp(z / temperature) over the six standardised scores, by hand.
  const mean = scores.reduce((a, b) => a + b) / 6;
  const deviation = Math.sqrt(scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / 6);
  const weights = scores.map((score) => Math.exp((score - mean) / deviation / 0.5));
  const total = weights.reduce((a, b) => a + b);
  expect(first.conditionals[0]).toBeCloseTo(weights[first.items[0]!]! / total, 6);
  expect(first.propensities[0]).toBeCloseTo(weights[first.items[0]!]! / total, 6);
});
