import type { RaggedItems } from "@sequitur/core";
import { meanOverTop } from "./top-of-list.js";

/**
 * (B) mean self-information in bits of the top k of each list: -log2 p(item), p = its training count / all of them
 * (Zhou et al. 2010). An item without training interactions counts as one that has a single one, the most novel that
 * can be told apart. NaN for an empty list.
 */
export function novelty(lists: RaggedItems, k: number, trainCounts: ArrayLike<number>): Float64Array {
  let total = 0;
  for (let item = 0; item < trainCounts.length; item++) total += trainCounts[item]!;
  const bits = Float64Array.from(trainCounts, (count) => Math.log2(Math.max(total, 1) / Math.max(count, 1)));
  return meanOverTop(lists, k, bits);
}

/** (B) mean training count of the top k of each list (ARP, Yin et al. 2012); NaN for an empty list. */
export function recommendationPopularity(lists: RaggedItems, k: number, trainCounts: ArrayLike<number>): Float64Array {
  return meanOverTop(lists, k, trainCounts);
}
