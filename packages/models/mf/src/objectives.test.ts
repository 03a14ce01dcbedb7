import { Random } from "@sequitur/core";
import { factoriseStatsLength, startEngine, type Engine } from "@sequitur/kernels";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bpoObjective, nbpoObjective, nbpoOriginalObjective, nbpoSurrogateObjective } from "./objectives.js";
import { interactionsOf } from "./planted.fixture.js";
import { sampledRows } from "./sampling/positive-rows.js";
import { innerProduct } from "./serving/factor-tables.js";

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const derivative = (f: (x: number) => number, x: number): number => (f(x + 1e-5) - f(x - 1e-5)) / 2e-5;

/** A log-likelihood of one pair as a function of the preference logit R and the flip logit g. */
type Likelihood = (r: number, g: number) => number;

const originalPositive: Likelihood = (r, g) => Math.log(sigmoid(r)) + Math.log(1 - sigmoid(g));
const originalUnvoted: Likelihood = (r, g) => Math.log(1 - sigmoid(r) + sigmoid(g) * sigmoid(r));
const surrogatePositive: Likelihood = (r, g) => (1 - sigmoid(g)) * sigmoid(r);
const surrogateUnvoted: Likelihood = (r, g) => 1 - sigmoid(r) + sigmoid(g) * sigmoid(r);

const logit = fc.double({ min: -6, max: 6, noNaN: true });
const probability = fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true });
const withFlips = [nbpoObjective, nbpoOriginalObjective, nbpoSurrogateObjective];

function expectGradient(
  coefficients: (s: number, gamma: number) => { preference: number; flip: number },
  likelihood: Likelihood,
): void {
  fc.assert(
    fc.property(logit, logit, (r, g) => {
      const { preference, flip } = coefficients(sigmoid(r), sigmoid(g));
      expect(preference).toBeCloseTo(
        derivative((x) => likelihood(x, g), r),
        6,
      );
      expect(flip).toBeCloseTo(
        derivative((x) => likelihood(r, x), g),
        6,
      );
    }),
  );
}

describe("coefficients", () => {
  it("of NBPOo are the gradient of its log-likelihood", () => {
    expectGradient(nbpoOriginalObjective.positive, originalPositive);
    expectGradient(nbpoOriginalObjective.unvoted, originalUnvoted);
  });

  it("of NBPOs are the gradient of its likelihood", () => {
    expectGradient(nbpoSurrogateObjective.positive, surrogatePositive);
    expectGradient(nbpoSurrogateObjective.unvoted, surrogateUnvoted);
  });

  it("of NBPO are the gradient of J+ and J- with the stop-gradient values frozen", () => {
    fc.assert(
      fc.property(logit, logit, (r, g) => {
        const [s, gamma] = [sigmoid(r), sigmoid(g)];
        const positive: Likelihood = (x, y) => (1 - gamma) * Math.log(sigmoid(x)) + s * Math.log(1 - sigmoid(y));
        const unvoted: Likelihood = (x, y) =>
          Math.log(1 - sigmoid(x)) + gamma * Math.log(sigmoid(x)) + s * Math.log(sigmoid(y));
        for (const [coefficients, likelihood] of [
          [nbpoObjective.positive(s, gamma), positive],
          [nbpoObjective.unvoted(s, gamma), unvoted],
        ] as const) {
          expect(coefficients.preference).toBeCloseTo(
            derivative((x) => likelihood(x, g), r),
            6,
          );
          expect(coefficients.flip).toBeCloseTo(
            derivative((y) => likelihood(r, y), g),
            6,
          );
        }
      }),
    );
  });

  it("of NBPO and NBPOo equal BPO's without flips", () => {
    fc.assert(
      fc.property(probability, (s) => {
        for (const objective of [nbpoObjective, nbpoOriginalObjective]) {
          expect(objective.positive(s, 0).preference).toBeCloseTo(bpoObjective.positive(s, 0).preference, 8);
          expect(objective.unvoted(s, 0).preference).toBeCloseTo(bpoObjective.unvoted(s, 0).preference, 3);
        }
        expect(nbpoObjective.unvoted(s, 0).preference).toBe(bpoObjective.unvoted(s, 0).preference);
      }),
    );
  });

  it("of NBPO on unvoted pairs change sign exactly at s = gamma / (1 + gamma)", () => {
    fc.assert(
      fc.property(probability, (gamma) => {
        const turn = gamma / (1 + gamma);
        expect(nbpoObjective.unvoted(turn, gamma).preference).toBeCloseTo(0, 12);
        expect(nbpoObjective.unvoted(turn + 1e-3, gamma).preference).toBeLessThan(0);
        expect(nbpoObjective.unvoted(turn - 1e-3, gamma).preference).toBeGreaterThan(0);
      }),
    );
  });

  it("of NBPOo never push an unvoted score up, and leave it alone at gamma = 1", () => {
    fc.assert(
      fc.property(probability, probability, (s, gamma) => {
        expect(nbpoOriginalObjective.unvoted(s, gamma).preference).toBeLessThanOrEqual(0);
        expect(nbpoOriginalObjective.unvoted(s, 1).preference).toBeCloseTo(0, 12);
      }),
    );
  });

  it("lower the flip logit on positives and raise it on unvoted pairs", () => {
    fc.assert(
      fc.property(probability, probability, (s, gamma) => {
        for (const objective of withFlips) {
          expect(objective.positive(s, gamma).flip).toBeLessThanOrEqual(0);
          expect(objective.unvoted(s, gamma).flip).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  it("come from observation probabilities that sum to 1, rise with gamma and fall with s for an unvoted pair", () => {
    fc.assert(
      fc.property(logit, logit, (r, g) => {
        expect(surrogatePositive(r, g) + surrogateUnvoted(r, g)).toBeCloseTo(1, 12);
        expect(surrogateUnvoted(r, g + 0.1)).toBeGreaterThan(surrogateUnvoted(r, g));
        expect(surrogateUnvoted(r + 0.1, g)).toBeLessThan(surrogateUnvoted(r, g));
      }),
    );
  });
});

describe("the kernel's step", () => {
  const { memory, kernels } = startEngine({ threads: 1 });
  const train = interactionsOf([[0, 0]], 1, 2); // the unvoted draw is always item 1
  const [rate, flipRate, flipBias] = [0.3, 0.2, -0.4];

  it.each([
    ["bpo", bpoObjective],
    ["nbpo", nbpoObjective],
    ["nbpo-original", nbpoOriginalObjective],
    ["nbpo-surrogate", nbpoSurrogateObjective],
  ] as const)("%s: moves by these coefficients, the positive first", (objective, { flips, positive, unvoted }) => {
    const random = new Random(objective);
    const vectors = (rows: number): number[][] =>
      Array.from({ length: rows }, () => Array.from({ length: 4 }, () => 2 * random.uniform() - 0.7));
    const [preference, flip] = [
      { user: vectors(1)[0]!, items: vectors(2) },
      { user: vectors(1)[0]!, items: vectors(2) },
    ];
    const factorsOf = (side: typeof preference) => ({
      width: 4,
      users: memory.floatsFrom(side.user),
      items: memory.floatsFrom(side.items.flat()),
    });
    const [held, heldFlips] = [factorsOf(preference), factorsOf(flip)];
    const { rows } = sampledRows({ memory, kernels } as Engine, train);
    const none = { userDecay: 0, itemDecay: 0, biasDecay: 0 };
    const draws = { objective, samples: 1, negatives: 1, candidates: 1, seed: 1, learningRate: rate, ...none };
    kernels.factorise(memory.floats(factoriseStatsLength(1)), held, rows, {
      ...draws,
      ...(flips && { flips: { factors: heldFlips, learningRate: flipRate, decay: 0, bias: flipBias } }),
    });
    for (const [item, coefficients] of [positive, unvoted].entries()) {
      const s = sigmoid(innerProduct(preference.user, preference.items[item]!));
      const gamma = flips ? sigmoid(flipBias + innerProduct(flip.user, flip.items[item]!)) : 0;
      const c = coefficients(s, gamma);
      ascend(preference, item, rate * c.preference);
      ascend(flip, item, flipRate * c.flip);
    }
    const near = (side: typeof preference): number[] =>
      [...side.user, ...side.items.flat()].map((value) => expect.closeTo(value, 5) as number);
    expect([...held.users.array, ...held.items.array]).toEqual(near(preference));
    expect([...heldFlips.users.array, ...heldFlips.items.array]).toEqual(near(flip));
  });

  function ascend({ user, items }: { user: number[]; items: number[][] }, item: number, step: number): void {
    const before = [...user];
    for (let k = 0; k < 4; k++) {
      user[k]! += step * items[item]![k]!;
      items[item]![k]! += step * before[k]!;
    }
  }
});
