import { unknownSlate, maxOf } from "@sequitur/core";
import type { CapCounter } from "@sequitur/recommender";
import { z } from "zod";
import { learningOf, slateLearnerOf } from "./live-scorer.js";
import { sampledSlate } from "./monte-carlo.js";
import { refuseBoost, type PolicyKind } from "./policy-kind.js";
import { ruledSlates } from "./ruled-slates.js";
import { propensityDraws } from "./thompson.js";

/** Slates that are drawn at least to estimate a propensity. */
const FEWEST_SLATES = 4;

const inSlateThompsonConfig = z.strictObject({
  collision: z
    .enum(["next-draw", "same-draw"])
    .default("next-draw")
    .describe(
      "when a draw's best item is placed already: next-draw passes the position on to the next draw (rank 1 of all draws, then rank 2, ...); same-draw takes the next best item of the same draw",
    ),
  propensityDraws,
});
export type InSlateThompsonConfig = z.infer<typeof inSlateThompsonConfig>;

/**
 * K posterior draws a request, one a position (Eide et al. 2022). Propensities are sampled from further slates of K draws
 * each, see `sampledSlate`; conditionals are unknown.
 */
export const inSlateThompson: PolicyKind<InSlateThompsonConfig> = {
  name: "in-slate-thompson",
  needs: "posterior",
  config: inSlateThompsonConfig,
  make(parts, { collision, propensityDraws: draws }) {
    const learner = slateLearnerOf(parts);
    const place = collision === "next-draw" ? nextDraw : sameDraw;
    return {
      name: parts.name,
      slates: ruledSlates(parts.catalog, (batch, k, { candidates, count, caps, random, propensities, boost }) => {
        refuseBoost(parts.name, boost);
        const size = Math.min(k, count);
        return Array.from({ length: batch.size }, (_, b) => {
          const own = random.fork(b);
          const top = learner.draws(batch, b, candidates);
          const one = (keys: readonly number[]): Int32Array => {
            if (caps === undefined) return place(top(size, keys), size);
            return deepEnough((depth) => place(top(depth, keys), size, caps()), size, count);
          };
          const next = (slates: number): Int32Array[] =>
            Array.from({ length: slates }, () => one(Array.from({ length: size }, () => own.uint32())));
          const [items] = next(1);
          if (draws === 0 || !propensities) return unknownSlate(items!);
          const sampled = Math.max(FEWEST_SLATES, Math.ceil(draws / size));
          return sampledSlate(items!, { draws: sampled, next, uniform: own.uniform() });
        });
      }),
      ...learningOf(learner),
    };
  },
};

/** Longer and longer rankings, as long as caps leave the slate short of its size. */
function deepEnough(placed: (depth: number) => Int32Array, size: number, count: number): Int32Array {
  for (let depth = size; ; depth = Math.min(4 * depth, count)) {
    const items = placed(depth);
    if (items.length === size || depth >= count) return items;
  }
}

/** Rank 1 of each draw, then rank 2 of each, and so on; the first `size` distinct items that the caps let in. */
export function nextDraw(rankings: readonly Int32Array[], size: number, caps?: CapCounter): Int32Array {
  const placed = new Set<number>();
  const depth = maxOf([0, ...rankings.map(({ length }) => length)]);
  for (let rank = 0; rank < depth; rank++) {
    for (const ranking of rankings) {
      const item = ranking[rank];
      if (item === undefined || placed.size === size || placed.has(item) || caps?.fits(item) === false) continue;
      caps?.take(item);
      placed.add(item);
    }
  }
  return Int32Array.from(placed);
}

/** At each position the best item of its own draw that is not placed yet and that the caps let in. */
export function sameDraw(rankings: readonly Int32Array[], size: number, caps?: CapCounter): Int32Array {
  const placed = new Set<number>();
  for (const ranking of rankings.slice(0, size)) {
    const item = ranking.find((other) => !placed.has(other) && caps?.fits(other) !== false);
    if (item === undefined) break;
    caps?.take(item);
    placed.add(item);
  }
  return Int32Array.from(placed);
}
