import type { Catalog } from "./catalog.js";
import { PlatformError } from "./errors.js";
import { NONE } from "./id-table.js";
import { interactionsFrom, userTimeOrder, type Interactions } from "./interactions.js";
import type { RaggedItems } from "./ragged.js";
import { PROPENSITY_KINDS, type PropensityKind } from "./slate.js";

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
  /** (offsets[R]) `Slate.propensities` of each slate, NaN where unknown; absent when none is known. */
  readonly propensities?: Float64Array;
  /** (offsets[R]) `Slate.conditionals`, NaN where unknown; absent when none is known. */
  readonly conditionals?: Float64Array;
  /** (offsets[R]) `Slate.standardErrors`; NaN in slates whose propensities are not estimated; absent when none is. */
  readonly standardErrors?: Float64Array;
  /** (R) `Slate.kind` of each slate, as its place in `PROPENSITY_KINDS`; see `kindOfSlate`. */
  readonly kinds: Uint8Array;
  /** (catalog.users.size + 1) slates of user u are userOffsets[u] .. userOffsets[u + 1]. */
  readonly userOffsets: Int32Array;
}

/** Slates in input order, as an importer or a simulator gathers them. */
export type SlateColumns = Pick<SlateLog, "users" | "times" | "offsets" | "items" | "clicks"> &
  Partial<Pick<SlateLog, (typeof PROBABILITIES)[number] | "kinds">>;

const PROBABILITIES = ["propensities", "conditionals", "standardErrors"] as const;

/**
 * Checks the columns and sorts them. `bad-data` names the slate of a wrong length, an index outside the catalogue, an
 * item twice in a slate, a click outside its slate, a probability that is neither in (0, 1] nor NaN, or a time that is
 * not finite. Where no kinds are given they follow from the numbers: none known, some with an error, or exact.
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
  const kinds = sorted.kinds ?? kindsOf(sorted);
  checkKinds(sorted, kinds);
  return { catalog, size: users.length, ...sorted, kinds, userOffsets };
}

/** How the probabilities of slate `row` are known. */
export function kindOfSlate({ kinds }: Pick<SlateLog, "kinds">, row: number): PropensityKind {
  return PROPENSITY_KINDS[kinds[row]!]!;
}

/** (R) the kind of each slate by its numbers. */
function kindsOf(columns: SlateColumns): Uint8Array {
  const { users, offsets, propensities, conditionals, standardErrors } = columns;
  const [unknown, exact, estimated] = [0, 1, 2];
  return Uint8Array.from(users, (_, row) => {
    let kind = unknown;
    for (let place = offsets[row]!; place < offsets[row + 1]!; place++) {
      if ((standardErrors?.[place] ?? Number.NaN) > 0) return estimated;
      if (!Number.isNaN(propensities?.[place] ?? Number.NaN)) kind = exact;
      if (!Number.isNaN(conditionals?.[place] ?? Number.NaN)) kind = exact;
    }
    return kind;
  });
}

function checkKinds(columns: SlateColumns, kinds: Uint8Array): void {
  const found = kindsOf(columns);
  for (const [row, kind] of kinds.entries()) {
    const name = PROPENSITY_KINDS[kind];
    if (name === undefined) {
      throw new PlatformError(
        "bad-data",
        `kinds must be below ${PROPENSITY_KINDS.length}, got ${kind} in slate ${row}.`,
      );
    }
    if (name === "unknown" && found[row] !== kind) {
      throw new PlatformError(
        "bad-data",
        `a slate of unknown kind must have no probabilities, got some in slate ${row}.`,
      );
    }
  }
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
  const known = PROBABILITIES.flatMap((name) => {
    const column = columns[name];
    return column === undefined ? [] : [[name, entries(new Float64Array(size), column)] as const];
  });
  return {
    users: rows.map((row) => columns.users[row]!),
    times: Float64Array.from(rows, (row) => columns.times[row]!),
    offsets,
    items: entries(new Int32Array(size), columns.items),
    clicks: rows.map((row) => columns.clicks[row]!),
    ...Object.fromEntries(known),
    ...(columns.kinds && { kinds: Uint8Array.from(rows, (row) => columns.kinds![row]!) }),
  };
}

function checkLengths(columns: SlateColumns): void {
  const { users, times, offsets, items, clicks, kinds } = columns;
  const lengths: readonly (readonly [string, number, number])[] = [
    ["times", times.length, users.length],
    ["clicks", clicks.length, users.length],
    ["offsets", offsets.length, users.length + 1],
    ["items", items.length, offsets.at(-1) ?? 0],
    ["kinds", kinds?.length ?? users.length, users.length],
    ...PROBABILITIES.map((name) => [name, columns[name]?.length ?? items.length, items.length] as const),
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
  for (const name of ["propensities", "conditionals"] as const) {
    const p = columns[name]?.[place] ?? Number.NaN;
    if (!(Number.isNaN(p) || (p > 0 && p <= 1))) {
      throw new PlatformError("bad-data", `${name} must be in (0, 1] or NaN, got ${p} ${where}.`);
    }
  }
  const error = columns.standardErrors?.[place] ?? Number.NaN;
  if (error < 0)
    throw new PlatformError("bad-data", `standardErrors must be at least 0 or NaN, got ${error} ${where}.`);
}
