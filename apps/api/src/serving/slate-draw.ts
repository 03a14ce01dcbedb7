import type { Random } from "@sequitur/core";
import type { Policy } from "@sequitur/recommender";
import type { ChainAnswer, ChainItem } from "./chain.js";

export interface SlateDraw {
  /** The chain's answer of length k, of the first stage alone or filled up from all. */
  readonly rank: (k: number, firstOnly: boolean) => ChainAnswer;
  readonly policy: Policy;
  readonly k: number;
  /** How many of the best items the policy draws from. */
  readonly pool: number;
  readonly random: Random;
}

export interface DrawnSlate {
  readonly found: ChainAnswer;
  readonly items: readonly ChainItem[];
  /** (K) P(this item here | the items above it). */
  readonly propensities: readonly number[];
}

/**
 * A slate from the pool of the first stage that serves, whose scores compare. Pinned items stand where they stand and
 * what fills up a short pool follows in its order, both with propensity 1.
 */
export function drawSlateItems({ rank, policy, k, pool, random }: SlateDraw): DrawnSlate {
  const found = rank(pool, true);
  const pinned = found.items.flatMap((item, position) => (item.stage === undefined ? [{ item, position }] : []));
  const free = found.items.filter(({ stage }) => stage !== undefined);
  const scores = Float32Array.from(free, ({ score }) => (Number.isFinite(score) ? score : 0));
  const ranking = { offsets: Int32Array.of(0, free.length), items: Int32Array.from(free.keys()), scores };
  const slate = policy.slate(ranking, Math.max(0, k - pinned.length), random);
  const items = Array.from(slate.items, (place) => free[place]!);
  const propensities = Array.from(slate.propensities);
  return completed({ found, items, propensities }, pinned, k, () => rank(k, false));
}

/** Pins at their places, and what the chain would show below a short slate; all of that with propensity 1. */
export function completed(
  { found, items: drawn, propensities: chances }: DrawnSlate,
  pinned: readonly { readonly item: ChainItem; readonly position: number }[],
  k: number,
  rest: () => ChainAnswer,
): DrawnSlate {
  const [items, propensities] = [[...drawn], [...chances]];
  for (const { item, position } of pinned) {
    const at = Math.min(position, items.length);
    items.splice(at, 0, item);
    propensities.splice(at, 0, 1);
  }
  if (items.length < k) fillUp(items, propensities, rest(), k);
  return { found, items: items.slice(0, k), propensities: propensities.slice(0, k) };
}

function fillUp(items: ChainItem[], propensities: number[], all: ChainAnswer, k: number): void {
  const taken = new Set(items.map(({ index }) => index));
  for (const item of all.items) {
    if (items.length === k) return;
    if (taken.has(item.index)) continue;
    items.push(item);
    propensities.push(1);
  }
}
