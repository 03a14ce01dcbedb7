import { expect, test } from "vitest";
import { brief, bytes, decimalsFor, decimalsOfSize, fixed, halfWidth, pValue, seconds, signed } from "./number-text.js";

const interval = (mean: number, half: number) => ({ mean, low: mean - half, high: mean + half });

test("decimals show two digits of the narrowest interval", () => {
  expect(decimalsFor([interval(0.07, 0.0056)])).toBe(4);
  expect(decimalsFor([interval(0.236, 0.012), interval(0.5, 0.04)])).toBe(3);
  expect(decimalsFor([interval(120, 14)])).toBe(0);
  expect(decimalsFor([interval(0.5, 0), interval(0.5, 0.02)])).toBe(3);
  expect(decimalsFor([interval(0.5, 1e-9)])).toBe(5);
  expect(decimalsFor([])).toBe(4);
});

test("half an interval is its longer side", () => {
  expect(halfWidth({ mean: 0.5, low: 0.4, high: 0.55 })).toBeCloseTo(0.1);
});

test("numbers without intervals share the decimals of the largest", () => {
  expect(decimalsOfSize([0.573, 0.18])).toBe(3);
  expect(decimalsOfSize([10.9, 9.1])).toBe(1);
  expect(decimalsOfSize([180, Number.NaN])).toBe(0);
  expect(decimalsOfSize([0, 0])).toBe(0);
});

test("signs are shown for differences, a zero has none", () => {
  expect(signed(0.0123, 3)).toBe("+0.012");
  expect(signed(-0.0123, 3)).toBe("−0.012");
  expect(signed(-0.0001, 3)).toBe("0.000");
  expect(fixed(Number.NaN, 3)).toBe("–");
});

test("times, sizes and p-values read as people write them", () => {
  expect([0.031, 4.24, 75, 600, 9000].map(seconds)).toEqual(["0.03 s", "4.2 s", "75 s", "10 min", "2.5 h"]);
  expect([85e6, 1.24e9].map(bytes)).toEqual(["85 MB", "1.2 GB"]);
  expect([0.0002, 0.0123, 1].map(pValue)).toEqual(["p < 0.001", "p = 0.012", "p = 1.000"]);
  expect([0.012345, -4.567, 1234.5, 0.00001].map(brief)).toEqual(["0.0123", "−4.57", "1,235", "1.0e−5"]);
});
