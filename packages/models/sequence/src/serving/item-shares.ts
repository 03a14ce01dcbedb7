import { itemCounts, type Interactions } from "@sequitur/core";

/** (N) the share of the interactions that is each item's; zeros when there are none. */
export function itemShares(train: Interactions): Float32Array {
  return Float32Array.from(itemCounts(train), (count) => count / Math.max(1, train.size));
}
