import { expect, it } from "vitest";
import { maxOf, minOf } from "./extremes.js";

it("finds the extremes of any number of values, as Math.max and Math.min do of few", () => {
  const many = Float64Array.from({ length: 1_000_000 }, (_, at) => Math.sin(at));
  expect([maxOf(many), minOf(many)]).toEqual([many.toSorted().at(-1), many.toSorted()[0]]);
  for (const few of [[], [3], [-1, Number.NaN, 2], [-0, 0]]) {
    expect([maxOf(few), minOf(few)]).toEqual([Math.max(...few), Math.min(...few)]);
  }
});
