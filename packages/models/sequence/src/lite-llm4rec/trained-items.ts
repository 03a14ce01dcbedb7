import { idTable, itemCounts, type Interactions } from "@sequitur/core";

/** Interactions over the items that occur in them alone, renumbered in their order. */
export interface TrainedItems {
  readonly data: Interactions;
  /** (T) the item of each new number. */
  readonly trained: Int32Array;
  /** (T) the interactions of each, at least 1. */
  readonly counts: Int32Array;
}

/** Leaves out items that never occur, which then are neither rows of a table nor negatives that training pushes away. */
export function trainedItems(train: Interactions): TrainedItems {
  const counts = itemCounts(train);
  const trained = Int32Array.from(counts.keys()).filter((item) => counts[item]! > 0);
  const number = new Int32Array(counts.length);
  trained.forEach((item, at) => (number[item] = at));
  const items = idTable(Array.from(trained, (item) => train.catalog.items.ids[item]!));
  const catalog = { items, users: train.catalog.users, itemColumns: {} };
  return {
    data: { ...train, catalog, items: train.items.map((item) => number[item]!) },
    trained,
    counts: counts.filter((count) => count > 0),
  };
}
