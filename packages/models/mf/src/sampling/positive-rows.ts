import type { Interactions, Random } from "@sequitur/core";
import { drawsByValue } from "./draws-by-value.js";
import { positiveFilterLength, type Engine, type PositiveRows } from "@sequitur/kernels";

/** Rows to sample from in the engine's memory, and the call that gives them back. */
export interface HeldRows {
  readonly rows: PositiveRows;
  /** Before an epoch: where interactions have values, lays out a fresh draw of as many in proportion to them. */
  draw(random: Random): void;
  release(): void;
}

/**
 * Lays the interactions out for sampling. A repeated interaction is drawn as often as it happened, and one of value 5 five
 * times as often as one of value 1.
 */
export function sampledRows(engine: Engine, train: Interactions): HeldRows {
  const { memory, kernels } = engine;
  const { size, users, items } = train;
  const pairs = memory.ints(2 * size);
  const layOut = (rowOf: (place: number) => number): void => {
    for (let place = 0; place < size; place++) {
      const row = rowOf(place);
      pairs.array[2 * place] = users[row]!;
      pairs.array[2 * place + 1] = items[row]!;
    }
  };
  layOut((place) => place);
  const offsets = memory.intsFrom(train.userOffsets);
  const sortedItems = memory.intsFrom(items);
  for (let user = 0; user < train.catalog.users.size; user++) {
    sortedItems.array.subarray(train.userOffsets[user], train.userOffsets[user + 1]).sort();
  }
  const filter = memory.words(positiveFilterLength(size));
  kernels.positiveFilter(filter, offsets, sortedItems, train.catalog.users.size);
  const counts = { users: train.catalog.users.size, items: train.catalog.items.size, count: size };
  return {
    draw: (random) => {
      const { value } = train.context;
      if (value === undefined) return;
      const drawn = drawsByValue(value, size, random);
      layOut((place) => drawn[place]!);
    },
    rows: { ...counts, pairs, offsets, sortedItems, filter },
    release: () => [pairs, offsets, sortedItems, filter].forEach((block) => memory.release(block)),
  };
}
