import { Random } from "@sequitur/core";
import type { ModelInput } from "@sequitur/recommender";
import { expect, it } from "vitest";
import { comparisonsWith } from "./comparisons.js";

const QUERIES = 60;
const users = Int32Array.from({ length: QUERIES }, (_, user) => user);
const values = new Map([
  ["clock", new Map([["hit@10", Float64Array.from(users, (user) => (user % 7 === 0 ? 0 : 1))]])],
  ["plain", new Map([["hit@10", Float64Array.from(users, (user) => (user % 7 === 0 ? 1 : 0))]])],
]);

function compared(clock: readonly ModelInput[] | null) {
  const shown = new Map([
    ["clock", clock],
    ["plain", ["own-history"] as const],
  ]);
  const options = { random: new Random(1), confidence: 0.95, resamples: 500, users };
  return comparisonsWith("plain", values, ["hit@10"], shown, options).get("clock")![0]!;
}

it.each([[["own-history"]], [["own-history", "texts", "places"]], [null]] as const)(
  "claims a clear difference where the other reads %j",
  (reads) => expect(compared(reads)).toMatchObject({ unequal: [], significant: true }),
);

it.each([
  [["own-history", "answer-time"], ["answer-time"]],
  [["own-history", "validation-item"], ["validation-item"]],
] as const)("claims none where the other alone is shown %j, and keeps the numbers", (reads, unequal) => {
  const comparison = compared(reads);
  expect(comparison).toMatchObject({ unequal, significant: false });
  expect(comparison.pHolm).toBeLessThan(0.05);
  expect(comparison.difference.mean).toBeGreaterThan(0.5);
});
