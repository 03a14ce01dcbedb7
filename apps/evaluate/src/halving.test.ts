import { expect, test } from "vitest";
import { rungsFor, survivors } from "./halving.js";

test("nine trials by three: nine at a third, three at everything", () => {
  expect(rungsFor(9, 3, 3, 900, 10)).toEqual([
    { trials: 9, queries: 300, share: 1 / 3 },
    { trials: 3, queries: 900, share: 1 },
  ]);
});

test("the last rung always has everything, and never fewer than two trials to decide between", () => {
  for (let trials = 2; trials < 60; trials++) {
    for (const eta of [2, 3, 4]) {
      for (const most of [1, 2, 5]) {
        const rungs = rungsFor(trials, eta, most, 5000, 200);
        expect(rungs[0]!.trials).toBe(trials);
        expect(rungs.length).toBeLessThanOrEqual(most);
        expect(rungs.at(-1)).toMatchObject({ queries: 5000, share: 1 });
        expect(rungs.at(-1)!.trials).toBeGreaterThanOrEqual(2);
        for (let i = 1; i < rungs.length; i++) expect(rungs[i]!.queries).toBeGreaterThanOrEqual(rungs[i - 1]!.queries);
      }
    }
  }
});

test("one trial needs no rung, and few queries are not cut below the least", () => {
  expect(rungsFor(1, 3, 3, 100, 10)).toEqual([]);
  expect(rungsFor(27, 3, 3, 100, 200).map(({ queries }) => queries)).toEqual([100, 100, 100]);
});

test("the best go on, ties to the earlier, failures never", () => {
  expect(survivors([0.1, 0.3, Number.NaN, 0.3, 0.2], 2)).toEqual([1, 3]);
  expect(survivors([0.3, 0.3, 0.3], 2)).toEqual([0, 1]);
  expect(survivors([Number.NaN, 0.1], 2)).toEqual([1]);
});
