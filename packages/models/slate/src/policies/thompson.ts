import { unknownSlate } from "@sequitur/core";
import { z } from "zod";
import { learningOf, slateLearnerOf } from "./live-scorer.js";
import { sampledSlate } from "./monte-carlo.js";
import { refuseBoost, type PolicyKind } from "./policy-kind.js";
import { cappedPrefix, ruledSlates } from "./ruled-slates.js";

export const propensityDraws = z
  .int()
  .min(0)
  .max(100_000)
  .default(32)
  .describe("further rankings drawn to estimate the propensities, more where they miss what is shown; 0: unknown");

const thompsonConfig = z.strictObject({ propensityDraws });
export type ThompsonConfig = z.infer<typeof thompsonConfig>;

/**
 * One posterior draw of all parameters a request; the k best under it (Eide et al. 2022). Propensities are sampled from
 * independent draws, see `sampledSlate`; conditionals are unknown.
 */
export const thompson: PolicyKind<ThompsonConfig> = {
  name: "thompson",
  needs: "posterior",
  config: thompsonConfig,
  make(parts, { propensityDraws: draws }) {
    const learner = slateLearnerOf(parts);
    return {
      name: parts.name,
      slates: ruledSlates(parts.catalog, (batch, k, { candidates, count, caps, random, propensities, boost }) => {
        refuseBoost(parts.name, boost);
        const size = Math.min(k, count);
        return Array.from({ length: batch.size }, (_, b) => {
          const own = random.fork(b);
          const top = learner.draws(batch, b, candidates);
          const next = (wanted: number): readonly Int32Array[] => {
            const keys = Array.from({ length: wanted }, () => own.uint32());
            if (caps === undefined) return top(size, keys);
            return keys.map((key) => cappedPrefix((depth) => top(depth, [key])[0]!, size, count, caps));
          };
          const [items] = next(1);
          if (draws === 0 || !propensities) return unknownSlate(items!);
          return sampledSlate(items!, { draws, next, uniform: own.uniform() });
        });
      }),
      ...learningOf(learner),
    };
  },
};
