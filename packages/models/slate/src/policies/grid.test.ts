import { expect, it } from "vitest";
import { gapsOf, GRID_POLICIES } from "./grid.fixture.js";

/** The sizes that fit a test; `verify/grid.verify.ts` has them all. */
const CELLS = GRID_POLICIES.flatMap((policy) =>
  policy.includes("thompson")
    ? [{ policy, items: 10, length: 2, draws: 300 }]
    : [
        { policy, items: 10, length: 3, draws: 2_000 },
        { policy, items: 100, length: 2, draws: 2_000 },
      ],
);

it.each(CELLS)("$policy over $items items, slates of $length: probabilities mean what they say", (cell) => {
  const { joint, inverse, uniform, greedy } = gapsOf(cell);
  for (const gap of [joint ?? 0, inverse, uniform ?? 0, greedy ?? 0]) expect(gap).toBeLessThan(3);
});
