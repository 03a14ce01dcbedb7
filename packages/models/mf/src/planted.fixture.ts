import { idTable, interactionsFrom, parseConfig, Random, type Interactions } from "@sequitur/core";
import type { FitRun } from "@sequitur/recommender";
import type { FactorModel } from "./serving/factor-model.js";
import type { FactorRecommender } from "./serving/factor-recommender.js";

/** Interactions of numbered users and items; pair n happens at instant n. */
export function interactionsOf(
  pairs: readonly (readonly [user: number, item: number])[],
  userCount: number,
  itemCount: number,
): Interactions {
  const catalog = {
    users: idTable(Array.from({ length: userCount }, (_, user) => `user-${user}`)),
    items: idTable(Array.from({ length: itemCount }, (_, item) => `item-${item}`)),
    itemColumns: {},
  };
  return interactionsFrom(catalog, {
    users: Int32Array.from(pairs, ([user]) => user),
    items: Int32Array.from(pairs, ([, item]) => item),
    times: Float64Array.from(pairs, (_, at) => at),
  });
}

/** Users who like the items of their own class; a share of what they like was hidden: the label was lost. */
export interface PlantedClasses {
  readonly train: Interactions;
  /** Pairs that are liked and were hidden. */
  readonly hidden: readonly (readonly [number, number])[];
  /** Whether the user likes the item. */
  readonly likes: (user: number, item: number) => boolean;
}

export interface PlantedClassesSize {
  readonly users: number;
  readonly items: number;
  readonly classes: number;
}

/** Every user meets every item of the own class, less those that are hidden with probability `rate`. */
export function plantedClasses(size: PlantedClassesSize, rate: number, random: Random): PlantedClasses {
  const { users, items, classes } = size;
  const likes = (user: number, item: number): boolean => item % classes === user % classes;
  const kept: [number, number][] = [];
  const hidden: [number, number][] = [];
  for (let user = 0; user < users; user++) {
    for (let item = user % classes; item < items; item += classes) {
      (random.uniform() < rate ? hidden : kept).push([user, item]);
    }
  }
  return { train: interactionsOf(kept, users, items), hidden, likes };
}

/** Fits with a config parsed as an app would. */
export async function fitted(
  recommender: FactorRecommender,
  train: Interactions,
  config: Record<string, unknown> = {},
  run: Partial<FitRun> = {},
): Promise<FactorModel> {
  return recommender.fit(train, parseConfig(recommender.config, config, "test"), { random: new Random(1), ...run });
}
