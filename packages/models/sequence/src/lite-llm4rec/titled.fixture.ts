import type { Catalog, Interactions } from "@sequitur/core";

/** The interactions with a title for each item; "" where there is none. */
export function titled(train: Interactions, title: (item: number) => string): Interactions {
  const titles = Array.from({ length: train.catalog.items.size }, (_, item) => title(item));
  const catalog: Catalog = { ...train.catalog, itemColumns: { titles } };
  return { ...train, catalog };
}
