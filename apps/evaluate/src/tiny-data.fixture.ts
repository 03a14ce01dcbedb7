import { idTable, interactionsFrom, Random, type Interactions } from "@sequitur/core";
import type { SourceData } from "./prepare-data.js";

export const TINY_ITEMS = 25;
export const TINY_USERS = 30;

/** Users walk round a ring of items from different starts, one step at a time, with a rare jump. */
export function tinyInteractions(steps = 10): Interactions {
  const random = new Random("tiny");
  const users: number[] = [];
  const items: number[] = [];
  const times: number[] = [];
  for (let user = 0; user < TINY_USERS; user++) {
    let item = random.integer(TINY_ITEMS);
    for (let step = 0; step < steps; step++) {
      users.push(user);
      items.push(item);
      times.push(1_000_000 * step + user);
      item = random.uniform() < 0.1 ? random.integer(TINY_ITEMS) : (item + 1) % TINY_ITEMS;
    }
  }
  const catalog = {
    users: idTable(Array.from({ length: TINY_USERS }, (_, user) => `user ${user}`)),
    items: idTable(Array.from({ length: TINY_ITEMS }, (_, item) => `item ${item}`)),
    itemColumns: { categories: Array.from({ length: TINY_ITEMS }, (_, item) => [item % 2 === 0 ? "even" : "odd"]) },
  };
  return interactionsFrom(catalog, {
    users: Int32Array.from(users),
    items: Int32Array.from(items),
    times: Float64Array.from(times),
  });
}

/** The ring as a data set in which coming back is normal. */
export function tinySource(steps?: number): SourceData {
  return { interactions: tinyInteractions(steps), fingerprint: "tiny", notes: ["made for tests"], revisits: true };
}
