import { certainSlate, NONE, type Random } from "@sequitur/core";
import type { SlatePolicy } from "@sequitur/recommender";

/** Uniformly random slates, every item alike at every position. */
export function randomPolicy(itemCount: number): SlatePolicy {
  return {
    name: "random",
    slates: (batch, k, { candidates, random }) =>
      Array.from({ length: batch.size }, (_, b) => {
        const pool = candidates ? candidates.slice() : Int32Array.from({ length: itemCount }, (_, item) => item);
        const items = firstOf(pool, k, random.fork(b));
        return {
          items,
          kind: "exact" as const,
          propensities: new Float64Array(k).fill(1 / pool.length),
          conditionals: Float64Array.from(items, (_, position) => 1 / (pool.length - position)),
        };
      }),
  };
}

/** Shows the items with the most clicks so far, and notes what it was told. */
export function countingPolicy(
  itemCount: number,
): SlatePolicy & { readonly counts: Int32Array; readonly told: number[] } {
  const counts = new Int32Array(itemCount);
  const told: number[] = [];
  return {
    name: "counting",
    counts,
    told,
    slates: (batch, k, { candidates }) => {
      const pool = candidates ?? Int32Array.from({ length: itemCount }, (_, item) => item);
      const best = [...pool].toSorted((a, b) => counts[b]! - counts[a]! || a - b).slice(0, k);
      return Array.from({ length: batch.size }, () => certainSlate(Int32Array.from(best)));
    },
    observe(batch, shown, clicks) {
      for (const [b, slate] of shown.entries()) {
        told.push(batch.now[b]!);
        if (clicks[b] !== NONE) counts[slate.items[clicks[b]!]!]! += 1;
      }
    },
  };
}

function firstOf(pool: Int32Array, k: number, random: Random): Int32Array {
  for (let i = 0; i < k; i++) {
    const j = i + random.integer(pool.length - i);
    [pool[i], pool[j]] = [pool[j]!, pool[i]!];
  }
  return pool.slice(0, k);
}
