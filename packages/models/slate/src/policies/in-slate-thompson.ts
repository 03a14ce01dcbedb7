import type { Random } from "@sequitur/core";
import { z } from "zod";
import { learningOf, slateLearnerOf } from "./live-scorer.js";
import { estimatedSlate, type SlateEstimate } from "./monte-carlo.js";
import { checkSlateRequest, type PolicyKind } from "./policy-kind.js";
import { propensityDraws } from "./thompson.js";

/** How often the pool of draws is dealt into slates anew. */
const DEALS = 8;

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
 * K posterior draws a request, one a position (Eide et al. 2022). Propensities are estimated from a pool of at least K
 * further draws, dealt into slates without replacement several times; their standard errors are those of one deal,
 * pool / K independent slates, and so upper bounds.
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
      slates(batch, k, { candidates, random, propensities = true }) {
        checkSlateRequest(k, candidates, parts.catalog);
        const size = Math.min(k, candidates?.length ?? parts.catalog.items.size);
        return Array.from({ length: batch.size }, (_, b) => {
          const own = random.fork(b);
          const top = learner.draws(batch, b, candidates);
          const rankings = (count: number): Int32Array[] =>
            top(
              k,
              Array.from({ length: count }, () => own.uint32()),
            );
          if (size === 0) return estimatedSlate(new Int32Array(0), { count: 0, hits: new Float64Array(0) });
          const items = place(rankings(size), size);
          const pool = draws === 0 || !propensities ? [] : rankings(Math.max(size, draws));
          return estimatedSlate(items, dealt(items, pool, place, own));
        });
      },
      ...learningOf(learner),
    };
  },
};

/** Rank 1 of each draw, then rank 2 of each, and so on; the first `size` distinct items. */
export function nextDraw(rankings: readonly Int32Array[], size: number): Int32Array {
  const placed = new Set<number>();
  for (let rank = 0; rank < size; rank++) {
    for (const ranking of rankings) if (placed.size < size) placed.add(ranking[rank]!);
  }
  return Int32Array.from(placed);
}

/** At each position the best item of its own draw that is not placed yet. */
export function sameDraw(rankings: readonly Int32Array[], size: number): Int32Array {
  const placed = new Set<number>();
  for (const ranking of rankings.slice(0, size)) placed.add(ranking.find((item) => !placed.has(item))!);
  return Int32Array.from(placed);
}

/** Deals the pool into slates of K draws each and counts where they agree with the shown one. */
function dealt(items: Int32Array, pool: Int32Array[], place: typeof nextDraw, random: Random): SlateEstimate {
  const size = items.length;
  const count = Math.floor(pool.length / size);
  const hits = new Float64Array(size);
  for (let deal = 0; deal < DEALS; deal++) {
    random.shuffle(pool);
    for (let slate = 0; slate < count; slate++) {
      const other = place(pool.slice(slate * size, (slate + 1) * size), size);
      for (let position = 0; position < size; position++) {
        if (other[position] === items[position]) hits[position]! += 1 / DEALS;
      }
    }
  }
  return { count, hits };
}
