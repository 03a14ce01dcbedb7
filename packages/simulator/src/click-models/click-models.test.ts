import { Random } from "@sequitur/core";
import { describe, expect, test } from "vitest";
import type { ClickModel, SeenSlate } from "./click-model.js";
import { clickModelOf, clickModelSchema, type ClickModelConfig } from "./click-models.js";

const CONFIGS: readonly ClickModelConfig[] = [
  { kind: "multinomial" },
  { kind: "position-based", decay: 0.7 },
  { kind: "cascade", persistence: 1 },
  { kind: "cascade", persistence: 0.8 },
  { kind: "dynamic-bayesian", persistence: 0.9 },
  { kind: "dynamic-bayesian", persistence: 0.6 },
];
const nameOf = (config: ClickModelConfig): string => Object.values(config).join(" ");
const models = CONFIGS.map((config) => [nameOf(config), config, clickModelOf(config)] as const);

function slateOf(
  utilities: number[],
  satisfactions = utilities.map((_, k) => 0.2 + 0.6 * ((k * 7) % 3 === 0 ? 1 : 0)),
): SeenSlate {
  return {
    size: utilities.length,
    utilities: Float64Array.from(utilities),
    satisfactions: Float64Array.from(satisfactions),
  };
}

const SLATES = [
  slateOf([0.5, -1, 2, -3, 0]),
  slateOf([-2, -2, -2]),
  slateOf([3, -Infinity, 1, -Infinity]),
  slateOf([-1.5]),
];

const attracted = (utility: number): number => Math.exp(utility) / (1 + Math.exp(utility));

/** Every way in which a slate can be read, with its probability: a second, plain telling of each model. */
type Reading = readonly [probability: number, clicks: readonly number[]];
function readings(config: ClickModelConfig, { size, utilities, satisfactions }: SeenSlate): Reading[] {
  const a = Array.from(utilities, attracted);
  if (config.kind === "multinomial") {
    const odds = Array.from(utilities, Math.exp);
    const whole = 1 + odds.reduce((sum, odd) => sum + odd, 0);
    return [[1 / whole, []], ...odds.map((odd, k): Reading => [odd / whole, [k]])];
  }
  if (config.kind === "position-based") {
    let all: Reading[] = [[1, []]];
    for (let k = 0; k < size; k++) {
      const p = a[k]! / (k + 1) ** config.decay;
      all = all.flatMap(([q, clicks]): Reading[] => [
        [q * (1 - p), clicks],
        [q * p, [...clicks, k]],
      ]);
    }
    return all;
  }
  const stops = (k: number): number => (config.kind === "cascade" ? 1 : satisfactions[k]!);
  const from = (k: number, q: number, clicks: readonly number[]): Reading[] => {
    if (k === size) return [[q, clicks]];
    const goesOn = config.persistence;
    const click = q * a[k]!;
    const clicked = [...clicks, k];
    return [
      [click * stops(k), clicked],
      [click * (1 - stops(k)) * (1 - goesOn), clicked],
      ...from(k + 1, click * (1 - stops(k)) * goesOn, clicked),
      [q * (1 - a[k]!) * (1 - goesOn), clicks],
      ...from(k + 1, q * (1 - a[k]!) * goesOn, clicks),
    ];
  };
  return from(0, 1, []);
}

function closedForm(model: ClickModel, slate: SeenSlate): Float64Array {
  const out = new Float64Array(slate.size);
  model.probabilities(out, slate);
  return out;
}

describe.each(models)("%s", (name, config, model) => {
  test.each(SLATES.map((slate) => [slate.utilities.join(" "), slate] as const))("utilities %s", (_, slate) => {
    const all = readings(config, slate);
    expect(all.reduce((sum, [p]) => sum + p, 0)).toBeCloseTo(1, 12);
    const enumerated = Array.from({ length: slate.size }, (_, k) =>
      all.reduce((sum, [p, clicks]) => sum + (clicks.includes(k) ? p : 0), 0),
    );
    const exact = closedForm(model, slate);
    for (const [k, p] of exact.entries()) expect(p).toBeCloseTo(enumerated[k]!, 12);

    const draws = 20_000;
    const random = new Random(`${name} ${slate.utilities.join(" ")}`);
    const out = new Uint8Array(slate.size);
    const counts = new Map<string, number>();
    for (let draw = 0; draw < draws; draw++) {
      model.draw(out, slate, random);
      const key = [...out].flatMap((clicked, k) => (clicked ? [k] : [])).join(" ");
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    // Whole click patterns, not only positions: 5 standard deviations, with room for a count of one.
    const patterns = new Map<string, number>();
    for (const [p, clicks] of all) patterns.set(clicks.join(" "), (patterns.get(clicks.join(" ")) ?? 0) + p);
    for (const [pattern, p] of patterns) {
      const apart = Math.abs((counts.get(pattern) ?? 0) - p * draws);
      expect(apart).toBeLessThan(5 * Math.sqrt(p * (1 - p) * draws) + 1);
    }
    expect([...counts.keys()].every((pattern) => patterns.has(pattern))).toBe(true);
  });

  test("shows the best slate of all", () => {
    const random = new Random(`best ${name}`);
    for (let trial = 0; trial < 30; trial++) {
      const items = Float64Array.from({ length: 6 }, () => 2 * random.normal());
      if (trial % 5 === 0) items[random.integer(6)] = Number.NEGATIVE_INFINITY;
      const satisfactions = Float64Array.from(items, () => random.uniform());
      const value = (slate: readonly number[]): number =>
        closedForm(
          model,
          slateOf(
            slate.map((item) => items[item]!),
            slate.map((item) => satisfactions[item]!),
          ),
        ).reduce((sum, p) => sum + p, 0);
      const slates = [0, 1, 2, 3, 4, 5].flatMap((a) =>
        [0, 1, 2, 3, 4, 5].flatMap((b) =>
          [0, 1, 2, 3, 4, 5].filter((c) => new Set([a, b, c]).size === 3).map((c) => [a, b, c]),
        ),
      );
      const most = Math.max(...slates.map(value));
      const best = model.best(items, satisfactions, 3);
      expect(value([...best])).toBeCloseTo(most, 12);
    }
    const few = Float64Array.of(1, Number.NEGATIVE_INFINITY, 2);
    expect([...model.best(few, Float64Array.of(0.5, 0.5, 0.5), 3)].toSorted((a, b) => a - b)).toEqual([0, 2]);
  });
});

test("a click satisfies by the item's own chance, and a better item never draws fewer people in at the top", () => {
  const out = new Uint8Array(1);
  const slate = slateOf([0], [0.3]);
  for (const [name, , model] of models) {
    const random = new Random(`satisfied ${name}`);
    let satisfied = 0;
    for (let draw = 0; draw < 20_000; draw++) if (model.draw(out, slate, random)) satisfied++;
    expect(Math.abs(satisfied / 20_000 - 0.15)).toBeLessThan(0.013);
    expect(closedForm(model, slateOf([1, 0]))[0]!).toBeGreaterThan(closedForm(model, slateOf([0, 0]))[0]!);
  }
});

test("multinomial choice neither overflows nor loses small chances", () => {
  const model = clickModelOf({ kind: "multinomial" });
  const out = new Float64Array(2);
  model.probabilities(out, slateOf([2000, 1999]));
  expect(out[0]! + out[1]!).toBeCloseTo(1, 12);
  expect(out[0]! / out[1]!).toBeCloseTo(Math.E, 10);
  model.probabilities(out, slateOf([-2000, -600]));
  expect([...out]).toEqual([0, Math.exp(-600)]);
});

test("unknown click models and numbers out of range are refused", () => {
  expect(() => clickModelSchema.parse({ kind: "browsing" })).toThrow("Invalid");
  expect(() => clickModelSchema.parse({ kind: "cascade", persistence: 1.1 })).toThrow("<=1");
  expect(clickModelSchema.parse({ kind: "cascade" })).toEqual({ kind: "cascade", persistence: 0.9 });
});
