import type { QueryBatch } from "@sequitur/core";
import type { Model } from "@sequitur/recommender";
import type { ItemDirectory } from "./item-directory.js";
import type { ModelLink } from "./model-link.js";

/** Wishes of the business on top of the model. */
export interface Rules {
  /** Items with a fixed place, 0 first. */
  readonly pins: readonly Pin[];
  readonly boosts: readonly Boost[];
  /** At most `most` items of a category. */
  readonly caps: readonly Cap[];
}

export interface Pin {
  readonly itemId: string;
  readonly position: number;
}

export interface Boost {
  readonly itemIds?: readonly string[] | undefined;
  readonly categories?: readonly string[] | undefined;
  /** Above 1 raises, below 1 lowers. */
  readonly factor: number;
}

export interface Cap {
  readonly category: string;
  readonly most: number;
}

export const NO_RULES: Rules = { pins: [], boosts: [], caps: [] };

/**
 * The model with raised and lowered items: score' = low + factor (score - low), with low the lowest score of the row, so
 * that a factor means the same for scores of any sign and scale. Factors of several boosts multiply.
 */
export function boostedModel(link: ModelLink, directory: ItemDirectory, boosts: readonly Boost[]): Model {
  const { model } = link;
  if (boosts.length === 0) return model;
  const factorOf = boostFactors(directory, boosts);
  const score = (batch: QueryBatch, candidates?: Int32Array): Float32Array => {
    const scores = model.score(batch, candidates).slice();
    const width = candidates?.length ?? model.catalog.items.size;
    for (let b = 0; b < batch.size; b++) {
      const row = scores.subarray(b * width, (b + 1) * width);
      const low = lowest(row);
      for (let c = 0; c < width; c++) {
        const factor = factorOf(link.directoryIndex(candidates ? candidates[c]! : c));
        if (factor !== 1) row[c] = low + factor * (row[c]! - low);
      }
    }
    return scores;
  };
  return { ...model, score };
}

function boostFactors(directory: ItemDirectory, boosts: readonly Boost[]): (index: number) => number {
  const parts = boosts.map(({ itemIds = [], categories = [], factor }) => ({
    items: new Set(itemIds.map((id) => directory.indexOf(id))),
    categories: new Set(categories.map((name) => directory.categoryNumber(name))),
    factor,
  }));
  return (index) => {
    let product = 1;
    for (const { items, categories, factor } of parts) {
      const meant = items.has(index) || directory.categories(index).some((number) => categories.has(number));
      if (meant) product *= factor;
    }
    return product;
  };
}

/** The lowest finite score, 0 when there is none. */
function lowest(scores: Float32Array): number {
  let low = Infinity;
  for (const score of scores) if (Number.isFinite(score) && score < low) low = score;
  return low === Infinity ? 0 : low;
}

/** Counts the categories of what was taken, and says whether another item still fits. */
export function capCounter(directory: ItemDirectory, caps: readonly Cap[]): (index: number) => boolean {
  const left = new Map<number, number>();
  for (const { category, most } of caps) {
    const number = directory.categoryNumber(category);
    left.set(number, Math.min(most, left.get(number) ?? Infinity));
  }
  return (index) => {
    const own = new Set(directory.categories(index).filter((number) => left.has(number)));
    for (const number of own) if (left.get(number) === 0) return false;
    for (const number of own) left.set(number, left.get(number)! - 1);
    return true;
  };
}
