import type { SlateRules } from "@sequitur/recommender";
import { pinnedItems } from "./chain.js";
import type { ItemDirectory } from "./item-directory.js";
import type { ModelLink } from "./model-link.js";
import type { Question } from "./question.js";
import { boostFactors } from "./rules.js";

/** The two ways to name an item: by the policy's index and by the directory's. */
export interface ItemNames {
  toPolicy(index: number): number;
  toDirectory(item: number): number;
}

/** Items that the model does not know are named by indices above its catalogue, as `SlateRules` has it. */
export function itemNames(link: ModelLink, directory: ItemDirectory): ItemNames {
  const { size } = link.model.catalog.items;
  return {
    toPolicy(index) {
      const known = link.itemIndex(directory.record(index).itemId);
      return known >= 0 ? known : size + index;
    },
    toDirectory: (item) => (item < size ? link.directoryIndex(item) : item - size),
  };
}

/** The rules of a question as a slate policy takes them; `fill` gives directory indices. */
export function slateRulesOf(
  directory: ItemDirectory,
  names: ItemNames,
  question: Question,
  fill: () => Iterable<number>,
): SlateRules {
  const { boosts, caps } = question.rules;
  const factorOf = boosts.length === 0 ? undefined : boostFactors(directory, boosts);
  return {
    pins: pinnedItems(directory, question).map(({ index, position }) => ({ item: names.toPolicy(index), position })),
    caps: caps.map(({ category, most }) => {
      const number = directory.categoryNumber(category);
      return { most, holds: (item) => directory.categories(names.toDirectory(item)).includes(number) };
    }),
    ...(factorOf && { boost: (item: number) => factorOf(names.toDirectory(item)) }),
    fill: () => Array.from(fill(), (index) => names.toPolicy(index)),
  };
}
