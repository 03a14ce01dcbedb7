import { z } from "zod";
import { learningOf, slateLearnerOf } from "./live-scorer.js";
import { estimatedSlate } from "./monte-carlo.js";
import { checkSlateRequest, type PolicyKind } from "./policy-kind.js";

export const propensityDraws = z
  .int()
  .min(0)
  .max(100_000)
  .default(32)
  .describe("further rankings drawn to estimate the propensities; 0: not estimated (1, with a standard error of NaN)");

const thompsonConfig = z.strictObject({ propensityDraws });
export type ThompsonConfig = z.infer<typeof thompsonConfig>;

/**
 * One posterior draw of all parameters a request; the k best under it (Eide et al. 2022). Propensities are Monte Carlo
 * estimates over independent draws, with their standard errors.
 */
export const thompson: PolicyKind<ThompsonConfig> = {
  name: "thompson",
  needs: "posterior",
  config: thompsonConfig,
  make(parts, { propensityDraws: draws }) {
    const learner = slateLearnerOf(parts);
    return {
      name: parts.name,
      slates(batch, k, { candidates, random, propensities = true }) {
        checkSlateRequest(k, candidates, parts.catalog);
        const count = propensities ? draws : 0;
        return Array.from({ length: batch.size }, (_, b) => {
          const own = random.fork(b);
          const top = learner.draws(batch, b, candidates);
          const [items, ...others] = top(
            k,
            Array.from({ length: 1 + count }, () => own.uint32()),
          );
          const hits = new Float64Array(items!.length);
          for (const other of others) {
            for (const [position, item] of other.entries()) if (item === items![position]) hits[position]! += 1;
          }
          return estimatedSlate(items!, { count, hits });
        });
      },
      ...learningOf(learner),
    };
  },
};
