import { boostedScorer, type Scorer } from "@sequitur/recommender";
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

/** The model's scores with raised and lowered items, see `boostedScorer`. */
export function boostedModel(link: ModelLink, directory: ItemDirectory, boosts: readonly Boost[]): Scorer {
  if (boosts.length === 0) return link.model;
  const factorOf = boostFactors(directory, boosts);
  return boostedScorer(link.model, (item) => factorOf(link.directoryIndex(item)));
}

/** The factor of an item of the directory: those of all boosts that mean it multiply. */
export function boostFactors(directory: ItemDirectory, boosts: readonly Boost[]): (index: number) => number {
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
