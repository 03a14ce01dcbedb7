import { selectRows, type Interactions } from "@sequitur/core";
import { rowsWhere } from "./leave-one-out.js";
import type { Split } from "./split.js";

/**
 * A split in which an event that stands in several rows (same user, item and instant) is one event: it is held out, asked
 * for and part of a history once, so that no answer has a copy of itself in its own history or in training. `cut` gets one
 * row an event, the first; training gets the copies of its events back.
 */
export function splitEvents(interactions: Interactions, cut: (events: Interactions) => Split): Split {
  const kept = eventRows(interactions);
  if (kept === undefined) return cut(interactions);
  const split = cut(
    selectRows(
      interactions,
      rowsWhere(interactions.size, (row) => kept[row] === row),
    ),
  );
  return { ...split, train: withCopies(split.train, interactions, kept) };
}

/** How many rows repeat the user, item and instant of another row. */
export function repeatedRows(interactions: Interactions): number {
  const kept = eventRows(interactions);
  return kept === undefined ? 0 : kept.reduce((count, row, copy) => count + Number(row !== copy), 0);
}

/** (size) the row that stands for each row's event: the first of its copies; undefined without copies. */
function eventRows({ size, users, items, times, catalog }: Interactions): Int32Array | undefined {
  const kept = new Int32Array(size);
  // Rows of one user and instant lie together: `last[item]` is a row of this instant if it is at or after its start.
  const last = new Int32Array(catalog.items.size).fill(-1);
  let start = 0;
  let copies = false;
  for (let row = 0; row < size; row++) {
    if (users[row] !== users[start] || times[row] !== times[start]) start = row;
    const item = items[row]!;
    const known = last[item]!;
    kept[row] = known >= start ? kept[known]! : row;
    copies ||= known >= start;
    last[item] = row;
  }
  return copies ? kept : undefined;
}

/** Training with the copies of its events. A column that the split wrote, such as its sessions, is that of the event. */
function withCopies(train: Interactions, whole: Interactions, kept: Int32Array): Interactions {
  const place = trainPlaces(train, whole, kept);
  const rows = rowsWhere(whole.size, (row) => place[kept[row]!] !== -1);
  const grown = selectRows(whole, rows);
  const { session } = train.context;
  if (session === undefined) return grown;
  const own = Int32Array.from(rows, (row) => session[place[kept[row]!]!]!);
  return { ...grown, context: { ...grown.context, session: own } };
}

/** (whole.size) where in training an event's row stands; -1 for rows that are not in it. */
function trainPlaces(train: Interactions, whole: Interactions, kept: Int32Array): Int32Array {
  const place = new Int32Array(whole.size).fill(-1);
  // Both are in one order, and an event has one row in training.
  let next = 0;
  for (let row = 0; row < whole.size && next < train.size; row++) {
    const isNext =
      kept[row] === row &&
      whole.users[row] === train.users[next] &&
      whole.items[row] === train.items[next] &&
      whole.times[row] === train.times[next];
    if (isNext) place[row] = next++;
  }
  return place;
}
