import { expect, test } from "vitest";
import type { Piece } from "../piece.js";
import { curvesOf, differences, logDiagnostics, measureArm } from "./measure-arm.js";
import { smallSettings } from "./piece.fixture.js";
import { worldMean } from "./world-mean.js";

const settings = smallSettings({ days: 2, warmup: { days: 1 }, regret: true });

/** Two days after one of warm-up, done by hand. */
const piece = (seed: number, extra: number): Piece => ({
  label: "arm",
  seed,
  users: 2,
  segmentNames: ["all"],
  segments: Int32Array.of(0, 0),
  openItems: 8,
  user: Int32Array.of(0, 0, 1, 0),
  day: Int32Array.of(0, 1, 1, 2),
  clicks: Uint8Array.of(1, 1, 0, 1 + extra),
  satisfied: Uint8Array.of(1, 0, 0, 1),
  expected: Float32Array.of(0.5, 0.5, 0.25, 0.5),
  best: Float32Array.of(1, 0.75, 0.75, 1),
  diversity: Float32Array.of(0, 1, 0.5, Number.NaN),
  fresh: Float32Array.of(1, 0.5, 0, 0.25),
  shown: Int32Array.of(3, 0, 1, 0, 0, 0, 0, 0),
  propensities: Int32Array.from({ length: 24 }, (_, bin) => (bin === 23 ? 4 : 0)),
  weights: { count: 4, sum: 2, squares: 2, most: 1, certain: 1, least: 0.1, unknown: 0, estimated: 0 },
});

test("measures leave out the warm-up; worlds are the units", () => {
  const measures = measureArm([piece(1, 0), piece(2, 1)], settings);
  expect(measures.clicks.perSeed).toEqual([2, 3]);
  expect(measures.clicksPerSlate.perSeed).toEqual([2 / 3, 1]);
  expect(measures.satisfiedPerSlate.mean).toBeCloseTo(1 / 3, 12);
  expect(measures.regret!.mean).toBeCloseTo(0.25 + 0.5 + 0.5, 6);
  expect(measures.diversity.mean).toBeCloseTo(0.75, 6);
  expect(measures.coverage.mean).toBe(2 / 8);
  expect(measures.freshShare.mean).toBeCloseTo(0.25, 6);
  // t with one degree: 12.706 x s / sqrt(2), s = sqrt(0.5).
  expect(measures.clicks.high! - measures.clicks.mean).toBeCloseTo((12.7062 * Math.sqrt(0.5)) / Math.sqrt(2), 3);
  const { clickRate, regret } = curvesOf([piece(1, 0), piece(2, 1)], settings);
  expect(clickRate.mean).toEqual([0.5, (2 / 3 + 1) / 2]);
  expect(regret!.mean[1]).toBeCloseTo(1.25, 6);
  expect(differences(measures, measures, 0.05).clicks).toMatchObject({ mean: 0, low: 0, high: 0 });
  expect(measureArm([piece(1, 0)], { ...settings, regret: false }).regret).toBeNull();
});

test("intervals over worlds have the level 1 - alpha", () => {
  const loose = { ...settings, alpha: 0.1 };
  const measures = measureArm([piece(1, 0), piece(2, 1)], loose);
  // t with one degree at 90 %: 6.3138.
  const half = (6.3138 * Math.sqrt(0.5)) / Math.sqrt(2);
  expect(measures.clicks.high! - measures.clicks.mean).toBeCloseTo(half, 3);
  const nothing = measureArm([piece(1, 0), piece(2, 0)], loose);
  const { low, high } = differences(measures, nothing, 0.1).clicks;
  expect([low, high]).toEqual([expect.closeTo(0.5 - half, 3), expect.closeTo(0.5 + half, 3)]);
  const { clickRate } = curvesOf([piece(1, 0), piece(2, 1)], loose);
  expect(clickRate.high[1]! - clickRate.mean[1]!).toBeCloseTo(half / 3, 3);
});

test("a world without visits after the warm-up is named", () => {
  const late = { ...settings, warmup: { ...settings.warmup, days: 3 } };
  expect(() => measureArm([piece(7, 0)], late)).toThrow("world 7 must have visits after the warm-up, got none");
});

test("one world has no interval", () => {
  expect(worldMean([3], 0.05)).toEqual({ mean: 3, low: null, high: null, perSeed: [3] });
});

test("a log that leaves things out, or rests on few rows, is warned of", () => {
  const log = logDiagnostics([piece(1, 0), piece(2, 0)]);
  expect(log).toMatchObject({
    positions: 8,
    meanWeight: 0.5,
    effectiveShare: 0.5,
    certainShare: 0.25,
    leastPropensity: 0.1,
  });
  expect(log!.histogram.at(-1)).toBe(8);
  expect(log!.warnings).toEqual([
    "missing support: about 50 % of what a uniform policy shows could not be shown by this arm.",
  ]);
  const heavy = {
    ...piece(1, 0),
    weights: { count: 100, sum: 100, squares: 5000, most: 70, certain: 0, least: 1e-4, unknown: 3, estimated: 0 },
  };
  expect(logDiagnostics([heavy])!.warnings).toEqual([
    "the propensities of 3 positions are not known.",
    "weak overlap: its slates weigh like 2.0 % of their number.",
  ]);
  const drawn = { ...piece(1, 0), weights: { ...piece(1, 0).weights, estimated: 2 } };
  expect(logDiagnostics([drawn])!.warnings[0]).toContain("2 positions are sampled");
  const none = { ...piece(1, 0), weights: { ...heavy.weights, count: 0, unknown: 9 } };
  expect(logDiagnostics([none])).toBeNull();
});
