import { kindOfSlate, NONE, PlatformError, type SlateLog } from "@sequitur/core";
import { checkWhole } from "../experiments/check-number.js";

/** A log of slates with a reward at each position. */
export interface LoggedSlates {
  /** K, positions of a slate. */
  readonly length: number;
  /** (n, K) row-major item index; a shorter slate ends with NONE. */
  readonly items: Int32Array;
  /** (n, K) reward at the position, such as 1 for a click; 0 beyond the end of the slate. */
  readonly rewards: Float64Array;
}

/**
 * Probabilities of the logged items under both policies; which probability is meant (marginal or conditional) is said by
 * the estimator that takes them. Values beyond the end of a slate are not read.
 */
export interface SlatePropensities {
  /** (n, K) in (0, 1]. */
  readonly logging: Float64Array;
  /** (n, K) in [0, 1]. */
  readonly evaluation: Float64Array;
}

/**
 * A log from slates and the items that were clicked in them; clicks of one item add up. Throws `bad-data` for a slate of
 * more than `length` items, an item twice in a slate, or a click on an item that its slate does not show.
 */
export function loggedSlates(
  slates: readonly ArrayLike<number>[],
  clicks: readonly ArrayLike<number>[],
  length: number,
): LoggedSlates {
  checkWhole("length", length, 1);
  if (slates.length !== clicks.length) {
    throw new PlatformError(
      "bad-data",
      `there must be clicks for each of ${slates.length} slates, got ${clicks.length}.`,
    );
  }
  const items = new Int32Array(slates.length * length).fill(NONE);
  const rewards = new Float64Array(items.length);
  for (const [row, slate] of slates.entries()) {
    if (slate.length > length) {
      throw new PlatformError(
        "bad-data",
        `slates must have at most ${length} items, got ${slate.length} in row ${row}.`,
      );
    }
    items.set(slate, row * length);
    for (let click = 0; click < clicks[row]!.length; click++) {
      const item = clicks[row]![click]!;
      const place = Array.prototype.indexOf.call(slate, item);
      if (place === -1) {
        throw new PlatformError("bad-data", `clicks must be on items of the slate, got item ${item} in row ${row}.`);
      }
      rewards[row * length + place]! += 1;
    }
  }
  const log = { length, items, rewards };
  checkSlates(log);
  return log;
}

/** Which probabilities of a slate log an estimator needs, and what becomes of slates where they are unknown. */
export interface LoggedSlatesChoice {
  /** "propensities": of an item at its position, for `itemPositionIps`; "conditionals": given the items above. */
  readonly of?: "propensities" | "conditionals";
  /** "refuse" throws `bad-data`; "leave-out" counts them. What is left out can bias an estimate: see the count. */
  readonly unknown?: "refuse" | "leave-out";
}

/** Slates with a known probability of every position. */
export interface KnownSlates {
  readonly log: LoggedSlates;
  /** (n, K) the logged probabilities; 1 beyond the end of a slate, where they are not read. */
  readonly propensities: Float64Array;
  /** (n) row of each slate in the slate log. */
  readonly rows: Int32Array;
  /** Slates that were left out because a probability of theirs is unknown. */
  readonly unknown: number;
  /**
   * Slates whose probabilities are estimated. The inverse of an estimate is unbiased, and its noise is part of the
   * spread of the contributions: standard errors and intervals are as wide as it makes them.
   */
  readonly estimated: number;
}

/**
 * A slate log as the estimators take it, one reward of 1 at the position of each click, with the probabilities that were
 * logged. Throws `bad-data` where one is unknown, unless such slates are left out, and where none is left.
 */
export function loggedSlatesOf(slates: SlateLog, choice: LoggedSlatesChoice = {}): KnownSlates {
  const { of = "propensities", unknown = "refuse" } = choice;
  const known = slates[of];
  if (known === undefined) throw new PlatformError("bad-data", `the log must have ${of}, got none.`);
  const rows = Int32Array.from(slates.users.keys()).filter((row) => {
    for (let place = slates.offsets[row]!; place < slates.offsets[row + 1]!; place++) {
      if (Number.isNaN(known[place]!)) return false;
    }
    return true;
  });
  const missing = slates.size - rows.length;
  if (missing > 0 && (unknown === "refuse" || rows.length === 0)) {
    const message = `the ${of} of all slates must be known, got ${missing} of ${slates.size} where they are not.`;
    throw new PlatformError("bad-data", message);
  }
  const { log, propensities } = tableOf(slates, rows, known);
  checkSlates(log);
  const estimated = rows.reduce((count, row) => count + (kindOfSlate(slates, row) === "estimated" ? 1 : 0), 0);
  return { log, propensities, rows, unknown: missing, estimated };
}

function tableOf({ offsets, items: shown, clicks }: SlateLog, rows: Int32Array, known: Float64Array) {
  const length = rows.reduce((most, row) => Math.max(most, offsets[row + 1]! - offsets[row]!), 1);
  const items = new Int32Array(rows.length * length).fill(NONE);
  const rewards = new Float64Array(items.length);
  const propensities = new Float64Array(items.length).fill(1);
  for (const [at, row] of rows.entries()) {
    items.set(shown.subarray(offsets[row], offsets[row + 1]), at * length);
    propensities.set(known.subarray(offsets[row], offsets[row + 1]), at * length);
    if (clicks[row] !== NONE) rewards[at * length + clicks[row]!] = 1;
  }
  return { log: { length, items, rewards }, propensities };
}

/** Throws `bad-data`, with the row, for an empty log, an item twice in a slate, a gap, or a reward outside the slate. */
export function checkSlates({ length, items, rewards }: LoggedSlates): void {
  checkWhole("length", length, 1);
  if (items.length === 0 || items.length % length !== 0 || rewards.length !== items.length) {
    const message = `items and rewards must be of the same one or more slates of ${length}, got ${items.length} and ${rewards.length} values.`;
    throw new PlatformError("bad-data", message);
  }
  for (let start = 0; start < items.length; start += length) {
    for (let place = start; place < start + length; place++) {
      const problem = problemAt(items, rewards, start, place);
      if (problem === undefined) continue;
      const message = `${problem} at position ${place - start} of row ${start / length}.`;
      throw new PlatformError("bad-data", message);
    }
  }
}

function problemAt(items: Int32Array, rewards: Float64Array, start: number, place: number): string | undefined {
  const item = items[place]!;
  const reward = rewards[place]!;
  if (!Number.isFinite(reward)) return `rewards must be finite, got ${reward}`;
  if (item === NONE) return reward === 0 ? undefined : `a reward must be on an item of the slate, got ${reward}`;
  if (item < 0) return `items must be at least 0 or NONE, got ${item}`;
  if (place > start && items[place - 1] === NONE) return `items must follow without a gap, got ${item} after NONE`;
  return items.indexOf(item, start) === place ? undefined : `items of a slate must be distinct, got ${item} again`;
}

/** (n, K) evaluation / logging at each position, 1 beyond the end. Throws `bad-data` for propensities out of range. */
export function positionWeights(log: LoggedSlates, { logging, evaluation }: SlatePropensities): Float64Array {
  const { items, length } = log;
  if (logging.length !== items.length || evaluation.length !== items.length) {
    const message = `propensities must have ${items.length} values like the items, got ${logging.length} and ${evaluation.length}.`;
    throw new PlatformError("bad-data", message);
  }
  return Float64Array.from(items, (item, place) => {
    if (item === NONE) return 1;
    const given = logging[place]!;
    const wanted = evaluation[place]!;
    const where = `at position ${place % length} of row ${Math.floor(place / length)}`;
    if (!(given > 0 && given <= 1)) {
      throw new PlatformError("bad-data", `logging propensities must be in (0, 1], got ${given} ${where}.`);
    }
    if (!(wanted >= 0 && wanted <= 1)) {
      throw new PlatformError("bad-data", `evaluation propensities must be in [0, 1], got ${wanted} ${where}.`);
    }
    return wanted / given;
  });
}
