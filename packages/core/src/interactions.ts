import type { Catalog } from "./catalog.js";
import { PlatformError } from "./errors.js";

export type NumberColumn = Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

/** Columns aligned with the interactions; the names are the keys below, so that code never guesses. */
export interface ContextColumns {
  /** Stars or counts, as given by the source; NaN where it gave none. */
  readonly weight?: Float32Array;
  /** What happened: an index into `catalog.kinds`, or NONE. */
  readonly kind?: Int32Array;
  /** The event's own id: an index into the ids that the data set holds beside its interactions. */
  readonly event?: Int32Array;
  /** What it says of liking, as `applySignals` reads it: 1 wanted, -1 not wanted, 0 only seen; absent: all wanted. */
  readonly role?: Int8Array;
  /** How much it says, above 0; absent: 1 each. */
  readonly value?: Float32Array;
  /** 0-based place within a slate or a given sequence. */
  readonly position?: Int32Array;
  /** Session or trajectory number as given by the source. */
  readonly session?: Int32Array;
  /** Which part of the source's own split a row belongs to: an index into `PARTS`. */
  readonly part?: Int8Array;
  /** WGS84 degrees where the interaction happened. */
  readonly latitude?: Float64Array;
  readonly longitude?: Float64Array;
  /** Minutes east of UTC on the user's clock. */
  readonly utcOffsetMinutes?: Int16Array;
}

/** What `part` points into: what is trained on, what models are chosen by, what is asked at the end. */
export const PARTS = ["train", "validation", "test"] as const;

export type ContextName = keyof ContextColumns;
export const CONTEXT_NAMES: readonly ContextName[] = [
  "weight",
  "kind",
  "event",
  "role",
  "value",
  "position",
  "session",
  "part",
  "latitude",
  "longitude",
  "utcOffsetMinutes",
];

/** Every (user, item, time) that happened, as columns sorted by user, then time, then input order. */
export interface Interactions {
  readonly catalog: Catalog;
  readonly size: number;
  /** (size) user index. */
  readonly users: Int32Array;
  /** (size) item index. */
  readonly items: Int32Array;
  /** (size) ms since the epoch, UTC. */
  readonly times: Float64Array;
  readonly context: ContextColumns;
  /** (catalog.users.size + 1) rows of user u are userOffsets[u] .. userOffsets[u + 1]. */
  readonly userOffsets: Int32Array;
}

/** Columns in input order, as an importer reads them. */
export interface InteractionColumns {
  readonly users: Int32Array;
  readonly items: Int32Array;
  readonly times: Float64Array;
  readonly context?: ContextColumns;
}

/**
 * Checks the columns and sorts them by user, then time, ties by input order. O(n) in memory beyond the columns.
 * `bad-data` names the row of a wrong length, an index outside the catalogue or a time that is not finite.
 */
export function interactionsFrom(catalog: Catalog, columns: InteractionColumns): Interactions {
  const context = columns.context ?? {};
  checkLengths(columns, context);
  const { users, items, times } = columns;
  const userOffsets = countOffsets(users, items, times, catalog);
  const order = userTimeOrder(users, times, userOffsets);
  if (order === undefined) return { catalog, size: users.length, users, items, times, context, userOffsets };
  const sortedContext: Record<string, NumberColumn> = {};
  for (const name of CONTEXT_NAMES) {
    const column = context[name];
    if (column !== undefined) sortedContext[name] = gather(column, order);
  }
  return {
    catalog,
    size: users.length,
    users: gather(users, order),
    items: gather(items, order),
    times: gather(times, order),
    context: sortedContext,
    userOffsets,
  };
}

/** The rows given (ascending), over the same catalogue; used by filters and splits. */
export function selectRows(interactions: Interactions, rows: Int32Array): Interactions {
  const context: Record<string, NumberColumn> = {};
  for (const name of CONTEXT_NAMES) {
    const column = interactions.context[name];
    if (column !== undefined) context[name] = gather(column, rows);
  }
  return interactionsFrom(interactions.catalog, {
    users: gather(interactions.users, rows),
    items: gather(interactions.items, rows),
    times: gather(interactions.times, rows),
    context: context,
  });
}

/**
 * The interactions with further rows of another log over the same catalogue, of which both have the columns; a context
 * column that only one has is left out, but for roles and values, which are 1 where they are not given.
 */
export function appendRows(own: Interactions, source: Interactions, rows: Int32Array): Interactions {
  const context: Record<string, NumberColumn> = {};
  for (const name of CONTEXT_NAMES) {
    const [old, added] = [own.context[name], source.context[name]];
    const implied = name === "role" || name === "value";
    if (old !== undefined && added !== undefined) context[name] = joined(old, added, rows);
    else if (implied && old !== undefined) context[name] = joined(old, ones(old, source.size), rows);
    else if (implied && added !== undefined) context[name] = joined(ones(added, own.size), added, rows);
  }
  return interactionsFrom(own.catalog, {
    users: joined(own.users, source.users, rows),
    items: joined(own.items, source.items, rows),
    times: joined(own.times, source.times, rows),
    context,
  });
}

function ones<T extends NumberColumn>(like: T, length: number): T {
  const Column = like.constructor as new (length: number) => T;
  return new Column(length).fill(1) as T;
}

function joined<T extends NumberColumn>(old: T, source: NumberColumn, rows: Int32Array): T {
  const Column = old.constructor as new (length: number) => T;
  const out = new Column(old.length + rows.length);
  out.set(old);
  for (let i = 0; i < rows.length; i++) out[old.length + i] = source[rows[i]!]!;
  return out;
}

/** How many positive interactions each item has; (catalog.items.size). */
export function itemCounts({ catalog, items, context: { role } }: Interactions): Int32Array {
  const counts = new Int32Array(catalog.items.size);
  for (let row = 0; row < items.length; row++) if ((role?.[row] ?? 1) === 1) counts[items[row]!]! += 1;
  return counts;
}

function gather<T extends NumberColumn>(column: T, rows: Int32Array): T {
  const Column = column.constructor as new (length: number) => T;
  const out = new Column(rows.length);
  for (let i = 0; i < rows.length; i++) out[i] = column[rows[i]!]!;
  return out;
}

function checkLengths(columns: InteractionColumns, context: ContextColumns): void {
  const expected = columns.users.length;
  const lengths: Record<string, number> = { items: columns.items.length, times: columns.times.length };
  for (const name of CONTEXT_NAMES) {
    const column = context[name];
    if (column !== undefined) lengths[name] = column.length;
  }
  for (const [name, length] of Object.entries(lengths)) {
    if (length !== expected) {
      throw new PlatformError("bad-data", `column ${name} must have ${expected} rows like users, got ${length}.`);
    }
  }
}

function countOffsets(users: Int32Array, items: Int32Array, times: Float64Array, catalog: Catalog): Int32Array {
  const offsets = new Int32Array(catalog.users.size + 1);
  for (let row = 0; row < users.length; row++) {
    const user = users[row]!;
    const item = items[row]!;
    if (user < 0 || user >= catalog.users.size) {
      throw new PlatformError("bad-data", `user must be in [0, ${catalog.users.size}), got ${user} at row ${row}.`);
    }
    if (item < 0 || item >= catalog.items.size) {
      throw new PlatformError("bad-data", `item must be in [0, ${catalog.items.size}), got ${item} at row ${row}.`);
    }
    if (!Number.isFinite(times[row]!)) {
      throw new PlatformError("bad-data", `time must be a finite number of ms, got ${times[row]} at row ${row}.`);
    }
    offsets[user + 1]! += 1;
  }
  for (let user = 0; user < catalog.users.size; user++) offsets[user + 1]! += offsets[user]!;
  return offsets;
}

/** The sorting permutation, or undefined when the rows are in order already. */
export function userTimeOrder(users: Int32Array, times: Float64Array, offsets: Int32Array): Int32Array | undefined {
  let sorted = true;
  for (let row = 1; row < users.length && sorted; row++) {
    const step = users[row]! - users[row - 1]!;
    sorted = step > 0 || (step === 0 && times[row]! >= times[row - 1]!);
  }
  if (sorted) return undefined;
  const order = new Int32Array(users.length);
  const next = offsets.slice();
  for (let row = 0; row < users.length; row++) order[next[users[row]!]!++] = row;
  for (let user = 0; user + 1 < offsets.length; user++) {
    const own = order.subarray(offsets[user], offsets[user + 1]);
    if (!isAscending(own, times)) own.sort((a, b) => times[a]! - times[b]! || a - b);
  }
  return order;
}

function isAscending(rows: Int32Array, times: Float64Array): boolean {
  for (let i = 1; i < rows.length; i++) if (times[rows[i]!]! < times[rows[i - 1]!]!) return false;
  return true;
}
