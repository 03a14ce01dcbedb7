import { PlatformError, type RaggedItems } from "@sequitur/core";
import type { Similarity } from "./similarities.js";
import { topOf } from "./top-of-list.js";

/**
 * (B) 1 - mean similarity over the pairs of the top k of each list (Ziegler et al. 2005); in [0, 1] for a similarity in
 * [0, 1], in [0, 2] for a cosine. NaN for a list with fewer than two items.
 */
export function intraListDiversity(lists: RaggedItems, k: number, similarity: Similarity): Float64Array {
  if (!(Number.isInteger(k) && k >= 1)) {
    throw new PlatformError("bad-config", `k must be a positive integer, got ${k}.`);
  }
  const diversities = new Float64Array(lists.offsets.length - 1);
  for (let row = 0; row < diversities.length; row++) {
    const top = topOf(lists, row, k);
    let sum = 0;
    for (let i = 1; i < top.length; i++) for (let j = 0; j < i; j++) sum += similarity(top[i]!, top[j]!);
    const pairs = (top.length * (top.length - 1)) / 2;
    diversities[row] = 1 - sum / pairs;
  }
  return diversities;
}
