import type { Catalog } from "./catalog.js";
import { PlatformError } from "./errors.js";
import { NONE } from "./id-table.js";
import { interactionsFrom, userTimeOrder, type Interactions } from "./interactions.js";
import type { RaggedItems } from "./ragged.js";

/**
 * Slates that were shown and what was clicked, sorted by user, then time, then input order. Slate r shows
 * items[offsets[r] .. offsets[r + 1]], first position first; an entry is NONE where an item was shown that the catalogue
 * does not know. At most one click a slate.
 */
export interface SlateLog extends RaggedItems {
  readonly catalog: Catalog;
  /** R, the number of slates. */
  readonly size: number;
  /** (R) user index. */
  readonly users: Int32Array;
  /** (R) ms since the epoch, UTC. */
  readonly times: Float64Array;
  /** (R) 0-based position of the click within the slate, or NONE when nothing was clicked. */
  readonly clicks: Int32Array;
  /** (offsets[R]) P(the logging policy shows this item at this position | query), in (0, 1]; absent when unknown. */
  readonly propensities?: Float64Array;
  /** (catalog.users.size + 1) slates of user u are userOffsets[u] .. userOffsets[u + 1]. */
  readonly userOffsets: Int32Array;
}

/** Slates in input order, as an importer or a simulator gathers them. */
export type SlateColumns = Pick<SlateLog, "users" | "times" | "offsets" | "items" | "clicks" | "propensities">;

/**
 * Checks the columns and sorts them. `bad-data` names the slate of a wrong length, an index outside the catalogue, an
 * item twice in a slate, a click outside its slate, a propensity outside (0, 1] or a time that is not finite.
 */
export function slateLogFrom(catalog: Catalog, columns: SlateColumns): SlateLog {
  checkLengths(columns);
  checkSlates(catalog, columns);
  const { users, times } = columns;
  const userOffsets = new Int32Array(catalog.users.size + 1);
  for (const user of users) userOffsets[user + 1]! += 1;
  for (let user = 0; user < catalog.users.size; user++) userOffsets[user + 1]! += userOffsets[user]!;
  const order = userTimeOrder(users, times, userOffsets);
  const sorted = order === undefined ? columns : gatherSlates(columns, order);
  return { catalog, size: users.length, ...sorted, userOffsets };
}

/** The slates given (ascending), over the same catalogue. */
export function selectSlates(log: SlateLog, rows: Int32Array): SlateLog {
  return slateLogFrom(log.catalog, gatherSlates(log, rows));
}

/** The clicks alone, over the same catalogue: what models of plain interactions train on. */
export function clicksOf(log: SlateLog): Interactions {
  const rows = Int32Array.from(log.users.keys()).filter((row) => clickedItem(log, row) !== NONE);
  return interactionsFrom(log.catalog, {
    users: rows.map((row) => log.users[row]!),
    items: rows.map((row) => clickedItem(log, row)),
    times: Float64Array.from(rows, (row) => log.times[row]!),
  });
}

/** Item clicked in slate `row`; NONE when nothing was, or an item that the catalogue does not know. */
export function clickedItem(log: Pick<SlateLog, "clicks" | "items" | "offsets">, row: number): number {
  const click = log.clicks[row]!;
  return click === NONE ? NONE : log.items[log.offsets[row]! + click]!;
}

function gatherSlates(columns: SlateColumns, rows: Int32Array): SlateColumns {
  const offsets = new Int32Array(rows.length + 1);
  for (const [place, row] of rows.entries()) {
    offsets[place + 1] = offsets[place]! + columns.offsets[row + 1]! - columns.offsets[row]!;
  }
  const entries = <T extends Int32Array | Float64Array>(out: T, column: T): T => {
    for (const [place, row] of rows.entries()) {
      out.set(column.subarray(columns.offsets[row], columns.offsets[row + 1]), offsets[place]);
    }
    return out;
  };
  const size = offsets.at(-1)!;
  const { propensities } = columns;
  return {
    users: rows.map((row) => columns.users[row]!),
    times: Float64Array.from(rows, (row) => columns.times[row]!),
    offsets,
    items: entries(new Int32Array(size), columns.items),
    clicks: rows.map((row) => columns.clicks[row]!),
    ...(propensities && { propensities: entries(new Float64Array(size), propensities) }),
  };
}

function checkLengths({ users, times, offsets, items, clicks, propensities }: SlateColumns): void {
  const lengths: readonly (readonly [string, number, number])[] = [
    ["times", times.length, users.length],
    ["clicks", clicks.length, users.length],
    ["offsets", offsets.length, users.length + 1],
    ["items", items.length, offsets.at(-1) ?? 0],
    ["propensities", propensities?.length ?? items.length, items.length],
  ];
  for (const [name, length, expected] of lengths) {
    if (length !== expected) {
      throw new PlatformError("bad-data", `column ${name} of a slate log must have ${expected} values, got ${length}.`);
    }
  }
}

function checkSlates(catalog: Catalog, columns: SlateColumns): void {
  const { users, times, offsets, clicks } = columns;
  const shownIn = new Int32Array(catalog.items.size).fill(NONE);
  for (let row = 0; row < users.length; row++) {
    const user = users[row]!;
    const length = offsets[row + 1]! - offsets[row]!;
    if (!(user >= 0 && user < catalog.users.size)) {
      throw new PlatformError("bad-data", `user must be in [0, ${catalog.users.size}), got ${user} in slate ${row}.`);
    }
    if (!Number.isFinite(times[row]!)) {
      throw new PlatformError("bad-data", `time must be a finite number of ms, got ${times[row]} in slate ${row}.`);
    }
    if (!(length >= 0 && (row > 0 || offsets[0] === 0))) {
      throw new PlatformError(
        "bad-data",
        `offsets must ascend from 0, got ${offsets[row]}, ${offsets[row + 1]} in slate ${row}.`,
      );
    }
    const click = clicks[row]!;
    if (click !== NONE && !(click >= 0 && click < length)) {
      const expected = `a click must be NONE or a position in [0, ${length})`;
      throw new PlatformError("bad-data", `${expected}, got ${click} in slate ${row}.`);
    }
    for (let place = offsets[row]!; place < offsets[row + 1]!; place++) {
      checkEntry(catalog, columns, row, place, shownIn);
    }
  }
}

/** `shownIn` holds the last slate that showed each item. */
function checkEntry(catalog: Catalog, columns: SlateColumns, row: number, place: number, shownIn: Int32Array): void {
  const item = columns.items[place]!;
  const where = `at position ${place - columns.offsets[row]!} of slate ${row}`;
  if (item !== NONE && !(item >= 0 && item < catalog.items.size)) {
    throw new PlatformError("bad-data", `item must be NONE or in [0, ${catalog.items.size}), got ${item} ${where}.`);
  }
  if (item !== NONE && shownIn[item] === row) {
    throw new PlatformError("bad-data", `items of a slate must be distinct, got item ${item} again ${where}.`);
  }
  if (item !== NONE) shownIn[item] = row;
  const propensity = columns.propensities?.[place] ?? 1;
  if (!(propensity > 0 && propensity <= 1)) {
    throw new PlatformError("bad-data", `propensity must be in (0, 1], got ${propensity} ${where}.`);
  }
}
