import { Random } from "@sequitur/core";
import { describe, expect, test } from "vitest";
import { alwaysValidLook, alwaysValidPath, mixingVariance, type AlwaysValidLook } from "./always-valid.js";
import { differenceOfMeans } from "./difference-of-means.js";
import type { Effect } from "./effect.js";
import { classicBounds, crossingProbabilities, inflationFactor, spendingBounds } from "./group-sequential.js";
import { mergeMoments, momentsOf, NO_UNITS } from "./moments.js";
import { expectShare, normals, rateOf } from "./simulation.fixture.js";

/** The analyses of an experiment that is looked at every day, `users` new ones a day and arm. */
function daily(random: Random, days: number, users: number, effect: number): Effect[] {
  let [control, treatment] = [NO_UNITS, NO_UNITS];
  return Array.from({ length: days }, () => {
    control = mergeMoments(control, momentsOf(normals(random, users)));
    treatment = mergeMoments(treatment, momentsOf(normals(random, users, effect)));
    return differenceOfMeans(control, treatment);
  });
}

const DAYS = 30;
const USERS = 20;
const planned = mixingVariance(Math.sqrt(2 / (DAYS * USERS)));
const options = { mixingVariance: planned };

describe("alwaysValidLook", () => {
  test("by hand: V = 1, m = 3, d = 2 has L = exp(4 * 3 / 8) / 2", () => {
    const look = alwaysValidLook({ difference: 2, standardError: 1 }, { mixingVariance: 3 });
    expect(look.pValue).toBeCloseTo(2 / Math.exp(1.5), 12);
    const half = Math.sqrt((4 / 3) * (Math.log(4) + 2 * Math.log(20)));
    expect(look.high - 2).toBeCloseTo(half, 12);
    expect(look.low).toBeCloseTo(2 - half, 12);
    expect(look.reject).toBe(false);
  });

  test("0 leaves the interval exactly when the p-value of the look falls to alpha", () => {
    for (let difference = 0; difference < 8; difference += 0.037) {
      const look = alwaysValidLook({ difference, standardError: 1 }, { mixingVariance: 2, alpha: 0.1 });
      expect(look.reject).toBe(look.low >= 0);
    }
  });

  test("p-values never rise and running intervals never widen", () => {
    const path = alwaysValidPath(daily(new Random("path"), DAYS, USERS, 0.2), options);
    for (const [day, look] of path.slice(1).entries()) {
      expect(look.pValue).toBeLessThanOrEqual(path[day]!.pValue);
      expect(look.running.low).toBeGreaterThanOrEqual(path[day]!.running.low);
      expect(look.running.high).toBeLessThanOrEqual(path[day]!.running.high);
    }
  });

  test("A/A with daily peeking: at most 5 % false alarms, where the t test gives several times as many", () => {
    let alarms = 0;
    const valid = rateOf(1000, "peek", (random) => {
      const days = daily(random, DAYS, USERS, 0);
      if (days.some(({ pValue }) => pValue <= 0.05)) alarms++;
      return alwaysValidPath(days, options).at(-1)!.reject;
    });
    const naive = alarms / 1000;
    expect(valid).toBeLessThanOrEqual(0.05);
    expect(naive).toBeGreaterThan(0.2);
  });

  test("the confidence sequence covers the truth at all looks together", () => {
    const covers = ({ low, high }: AlwaysValidLook) => low <= 0.3 && 0.3 <= high;
    const covered = rateOf(500, "cover", (random) =>
      alwaysValidPath(daily(random, DAYS, USERS, 0.3), options).every(covers),
    );
    expect(covered).toBeGreaterThanOrEqual(0.95);
  });

  test("finds a planted effect with certainty in the end, and mostly long before", () => {
    let used = 0;
    const found = rateOf(300, "effect", (random) => {
      const path = alwaysValidPath(daily(random, DAYS, USERS, 0.35), options);
      const day = path.findIndex(({ reject }) => reject);
      used += day === -1 ? DAYS : day + 1;
      return day !== -1;
    });
    expect(found).toBeGreaterThan(0.98);
    expect(used / 300).toBeLessThan(DAYS / 2);
  });

  test("refuses looks and options that cannot be", () => {
    expect(() => alwaysValidLook({ difference: 0, standardError: 0 }, options)).toThrow("standard error above 0");
    expect(() => alwaysValidLook({ difference: Number.NaN, standardError: 1 }, options)).toThrow("finite difference");
    expect(() => alwaysValidLook({ difference: 0, standardError: 1 }, { mixingVariance: 0 })).toThrow("above 0, got 0");
  });
});

test("the mixing variance is the one that makes the interval narrowest at the planned end", () => {
  const widthAt = (mixing: number) =>
    alwaysValidLook({ difference: 0, standardError: 0.5 }, { mixingVariance: mixing }).high;
  const best = mixingVariance(0.5);
  expect(widthAt(best)).toBeLessThan(widthAt(best * 1.05));
  expect(widthAt(best)).toBeLessThan(widthAt(best / 1.05));
});

describe("group-sequential bounds", () => {
  test.each([
    [2, 2.178, 1.977],
    [3, 2.289, 2.004],
    [4, 2.361, 2.024],
    [5, 2.413, 2.04],
    [10, 2.555, 2.087],
  ])("the classic constants for %s looks: Pocock %s, O'Brien-Fleming %s", (looks, pocock, obrienFleming) => {
    const equal = classicBounds(looks, { shape: "pocock" });
    expect(Math.abs(equal.bounds[0]! - pocock)).toBeLessThan(0.0011);
    const falling = classicBounds(looks);
    expect(Math.abs(falling.bounds.at(-1)! - obrienFleming)).toBeLessThan(0.0011);
    expect(falling.bounds[0]! / falling.bounds.at(-1)!).toBeCloseTo(Math.sqrt(looks), 10);
    expect(falling.spent.at(-1)).toBeCloseTo(0.05, 6);
  });

  test("alpha spending at five equal looks: the published bounds", () => {
    const fifths = [0.2, 0.4, 0.6, 0.8, 1];
    const rounded = (bounds: readonly number[]) => bounds.map((bound) => Number(bound.toFixed(3)));
    expect(rounded(spendingBounds(fifths).bounds)).toEqual([4.877, 3.357, 2.68, 2.29, 2.031]);
    expect(rounded(spendingBounds(fifths, { shape: "pocock" }).bounds)).toEqual([2.438, 2.427, 2.41, 2.397, 2.386]);
  });

  test("one look is the plain test; bounds so far do not depend on looks to come", () => {
    expect(spendingBounds([1]).bounds[0]).toBeCloseTo(1.959964, 5);
    expect(classicBounds(1, { alpha: 0.01 }).bounds[0]).toBeCloseTo(2.575829, 5);
    const running = spendingBounds([0.3, 0.45]);
    expect(running.bounds).toEqual(spendingBounds([0.3, 0.45, 0.5, 1]).bounds.slice(0, 2));
    expect(running.spent.at(-1)).toBeLessThan(0.05);
  });

  test("the published inflation of Pocock and O'Brien-Fleming at five looks", () => {
    expect(inflationFactor(classicBounds(5, { shape: "pocock" }))).toBeCloseTo(1.228, 2.5);
    expect(inflationFactor(classicBounds(5, { shape: "pocock" }), 0.9)).toBeCloseTo(1.207, 2.5);
    expect(inflationFactor(classicBounds(5))).toBeCloseTo(1.028, 2.5);
    expect(inflationFactor(classicBounds(5), 0.9)).toBeCloseTo(1.026, 2.5);
  });

  test("simulated experiments stop as often, and as early, as computed, at uneven looks, without and with effect", () => {
    const information = [0.1, 0.3, 0.35, 0.7, 1];
    const design = spendingBounds(information, { shape: "pocock" });
    for (const drift of [0, 2.8]) {
      const { total, stop, expectedInformation } = crossingProbabilities(design, drift);
      let used = 0;
      const stops = [0, 0, 0, 0, 0];
      const found = rateOf(4000, `design ${drift}`, (random) => {
        let [score, before] = [0, 0];
        for (const [look, t] of information.entries()) {
          score += drift * (t - before) + Math.sqrt(t - before) * random.normal();
          before = t;
          if (Math.abs(score / Math.sqrt(t)) < design.bounds[look]!) continue;
          used += t;
          stops[look]!++;
          return true;
        }
        used += 1;
        return false;
      });
      expectShare(found, total, 4000);
      for (const [look, count] of stops.entries()) expectShare(count / 4000, stop[look]!, 4000);
      expect(Math.abs(used / 4000 - expectedInformation)).toBeLessThan(0.02);
    }
    expect(crossingProbabilities(design, 0).total).toBeCloseTo(0.05, 6);
  });

  test("with Welch's test at weekly looks: 5 % false alarms, and the planned power after inflation", () => {
    const design = classicBounds(4);
    const units = Math.ceil(((2 * (1.959964 + 0.841621) ** 2) / 0.3 ** 2) * inflationFactor(design));
    const reject = (effect: number) => (random: Random) =>
      daily(random, 4, Math.ceil(units / 4), effect).some(
        ({ difference, standardError }, look) => Math.abs(difference / standardError) >= design.bounds[look]!,
      );
    expectShare(rateOf(1000, "weekly", reject(0)), 0.05, 1000);
    expectShare(rateOf(1000, "weekly effect", reject(0.3)), 0.8, 1000);
  });

  test("refuses shares that do not rise, and unknown shapes", () => {
    expect(() => spendingBounds([0.5, 0.5])).toThrow("must rise within (0, 1], got 0.5, 0.5");
    expect(() => spendingBounds([])).toThrow("must rise");
    expect(() => spendingBounds([0.5, 1.1])).toThrow("must rise");
    expect(() => classicBounds(0)).toThrow("looks must be a whole number of at least 1, got 0");
    expect(() => classicBounds(2, { shape: "flat" as never })).toThrow("obrien-fleming or pocock, got flat");
  });
});
