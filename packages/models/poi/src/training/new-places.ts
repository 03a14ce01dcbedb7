import { NONE } from "@sequitur/core";
import { kmBetween, type PlaceFacts } from "../history/places.js";

/** Neighbours within about this distance count most. */
const NEAR_KM = 1;
/** What a neighbour counts at least, so that far ones of the category decide where there are no near ones. */
const FAR_WEIGHT = 1e-3;

/** Something learned of every place: (N, width) row-major. */
export interface PlaceTable {
  readonly values: Float32Array;
  readonly width: number;
}

/**
 * Gives places that training never met the mean row of met places of their category, near ones first (of all places
 * without a category), in every table, in place: what training leaves there says only that they never came.
 */
export function describeNewPlaces(tables: readonly PlaceTable[], facts: PlaceFacts): void {
  const { size, visits, categories, vectors } = facts;
  const alike = placesByCategory(facts);
  for (let place = 0; place < size; place++) {
    if (visits[place]! > 0) continue;
    const others = alike.get(categories[place]!) ?? alike.get(NONE) ?? [];
    if (others.length === 0) return;
    const weights = others.map((other) => {
      const km = kmBetween(vectors, place, other);
      return FAR_WEIGHT + (Number.isNaN(km) ? 0 : Math.exp(-km / NEAR_KM));
    });
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (const { values, width } of tables) {
      for (let d = 0; d < width; d++) {
        let sum = 0;
        others.forEach((other, at) => (sum += weights[at]! * values[other * width + d]!));
        values[place * width + d] = sum / total;
      }
    }
  }
}

/** Category -> places of it that training met; NONE -> all of them. */
function placesByCategory({ size, visits, categories }: PlaceFacts): Map<number, number[]> {
  const known = new Map<number, number[]>();
  for (let place = 0; place < size; place++) {
    if (visits[place] === 0) continue;
    for (const category of new Set([categories[place]!, NONE])) {
      const alike = known.get(category);
      if (alike === undefined) known.set(category, [place]);
      else alike.push(place);
    }
  }
  return known;
}
