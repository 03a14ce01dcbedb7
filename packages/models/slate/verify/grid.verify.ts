import { expect, test } from "vitest";
import { gapsOf, GRID_POLICIES, type Cell } from "../src/policies/grid.fixture.js";

const CELLS = GRID_POLICIES.flatMap((policy) =>
  [10, 30, 100, 300, 1_000].flatMap((items) =>
    [1, 2, 3, 5, 10].map((length): Cell => ({ policy, items, length, draws: drawsOf(policy, items) })),
  ),
);

/** Policies that draw from a posterior sample their propensities, which takes most of the time. */
function drawsOf(policy: string, items: number): number {
  if (policy.includes("thompson")) return items > 100 ? 200 : 500;
  return policy === "linucb" || policy === "ucb" || policy === "greedy" ? 50 : 8_000;
}

test(
  "every policy at its defaults, catalogues of 10 to 1,000, slates of 1 to 10: probabilities mean what they say",
  { timeout: 3_600_000 },
  () => {
    const counts = { checks: 0, above3: 0 };
    let largest = 0;
    for (const cell of CELLS) {
      const gaps = gapsOf(cell);
      for (const [name, gap] of Object.entries(gaps)) {
        if (gap === null) continue;
        counts.checks++;
        largest = Math.max(largest, gap);
        if (gap < 3) continue;
        counts.above3++;
        process.stdout.write(
          `${cell.policy}, ${cell.items} items, ${cell.length} places: ${name} ${gap.toFixed(2)} standard errors\n`,
        );
      }
    }
    process.stdout.write(
      `${counts.checks} checks, ${counts.above3} above 3 standard errors, the largest ${largest.toFixed(2)}\n`,
    );
    // By chance 0.27 % of normal values lie beyond three standard errors.
    expect(counts.above3 / counts.checks).toBeLessThan(0.02);
    expect(largest).toBeLessThan(4.5);
  },
);
