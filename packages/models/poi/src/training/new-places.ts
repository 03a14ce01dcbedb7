import { NONE } from "@sequitur/core";
import { kmBetween, type PlaceFacts } from "../history/places.js";

/** Neighbours within about this distance count most. */
const NEAR_KM = 1;
/** What a neighbour counts at least, so that far ones of the category decide where there are no near ones. */
const FAR_WEIGHT = 1e-3;

/**
 * Gives places that training never met the mean score row and bias of met places of their category, near ones first (of
 * all places without a category): what a softmax leaves there says only that they never came. In place.
 */
export function scoreNewPlaces(table: Float32Array, bias: Float32Array, facts: PlaceFacts): void {
  const { size, visits, categories, directions } = facts;
  const width = table.length / size;
  const known = new Map<number, number[]>();
  for (let place = 0; place < size; place++) {
    if (visits[place] === 0) continue;
    for (const category of new Set([categories[place]!, NONE])) {
      const alike = known.get(category);
      if (alike === undefined) known.set(category, [place]);
      else alike.push(place);
    }
  }
  for (let place = 0; place < size; place++) {
    if (visits[place]! > 0) continue;
    const alike = known.get(categories[place]!) ?? known.get(NONE) ?? [];
    const sums = new Float64Array(width);
    let [biasSum, total] = [0, 0];
    for (const other of alike) {
      const km = kmBetween(directions, place, other);
      const weight = FAR_WEIGHT + (Number.isNaN(km) ? 0 : Math.exp(-km / NEAR_KM));
      for (let d = 0; d < width; d++) sums[d]! += weight * table[other * width + d]!;
      biasSum += weight * bias[other]!;
      total += weight;
    }
    if (total === 0) continue;
    for (let d = 0; d < width; d++) table[place * width + d] = sums[d]! / total;
    bias[place] = biasSum / total;
  }
}
