import { boostedScorer, type Scorer } from "@sequitur/recommender";
import type { ItemDirectory } from "./item-directory.js";
import type { ItemExpression } from "./item-fields.js";
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
  /** An expression over the items' fields that is true of the items meant. */
  readonly where?: ItemExpression | undefined;
  /** Above 1 raises, below 1 lowers; an expression gives each item its own, and 1 where it is unknown or negative. */
  readonly factor: number | ItemExpression;
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
  const parts = boosts.map((boost) => ({
    isMeant: boostTest(directory, boost),
    factorOf: factorTest(directory, boost),
  }));
  return (index) =>
    parts.reduce((product, { isMeant, factorOf }) => (isMeant(index) ? product * factorOf(index) : product), 1);
}

/** Whether a boost means an item: any of its items, categories and its expression; every item when it names none. */
function boostTest(directory: ItemDirectory, { itemIds, categories, where }: Boost): (index: number) => boolean {
  if (itemIds === undefined && categories === undefined && where === undefined) return () => true;
  const items = new Set((itemIds ?? []).map((id) => directory.indexOf(id)));
  const numbers = new Set((categories ?? []).map((name) => directory.categoryNumber(name)));
  const mask = where === undefined ? undefined : directory.fields.mask(where);
  return (index) =>
    items.has(index) || mask?.[index] === 1 || directory.categories(index).some((number) => numbers.has(number));
}

function factorTest(directory: ItemDirectory, { factor }: Boost): (index: number) => number {
  if (typeof factor === "number") return () => factor;
  const values = directory.fields.values(factor);
  return (index) => {
    const value = values[index] ?? 1;
    return value >= 0 ? value : 1;
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
