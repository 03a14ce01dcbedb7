import { PlatformError } from "@sequitur/core";
import { createRequire } from "node:module";
import type OpeningHours from "opening_hours";
import { SLOTS_PER_DAY, SLOTS_PER_WEEK, SLOTS_PER_YEAR } from "./local-clock.js";

/** What a half hour of an opening table can say. */
export const CLOSED = 0;
export const OPEN = 1;
/** The text itself leaves it open: "by appointment", "Mo 09:00+". */
export const UNKNOWN = 2;

/** The year whose weeks are read: it has no leap day, and dated exceptions of later years do not touch it. */
const YEAR = 2023;
const SLOT_MS = 1_800_000;
const YEAR_START = Date.UTC(YEAR, 0, 1) / SLOT_MS;
/** 2 January 2023 is a Monday, and no clock of the world was changed in that week. */
const MONDAY = Date.UTC(YEAR, 0, 2) / SLOT_MS;
/** Places share their texts, and reading one takes a millisecond. */
const MOST_KNOWN = 4096;
const known = new Map<string, Uint8Array>();
/** Some place is needed for rules of public holidays; without coordinates the sun rises at 06:00 and sets at 18:00. */
const SOMEWHERE = { address: { country_code: "de", state: "Berlin" } } as unknown as { lat: number; lon: number };

/**
 * What a place does in an ordinary week of each month: (12, 336) by local month and half hour of the week, Monday 00:00
 * first; OPEN, CLOSED or UNKNOWN. Reads OSM `opening_hours` syntax. A half hour is closed if its place is closed in
 * more than half of that time over the month, so rules of single days and public holidays have no say and a season that
 * ends within a month counts there by its longer part. Hours past midnight belong to the month of their instant.
 * The array is shared: do not write into it. `bad-data` quotes a text that cannot be read; one with school holidays (SH)
 * never can: nobody says whose they are.
 */
export function openingTable(hours: string): Uint8Array {
  let table = known.get(hours);
  if (table === undefined) {
    if (known.size === MOST_KNOWN) known.clear();
    table = readTable(hours);
    known.set(hours, table);
  }
  return table;
}

function readTable(hours: string): Uint8Array {
  if (/\bSH\b/.test(hours)) throw unreadable(hours, "school holidays (SH) are not known");
  const parsed = parse(hours);
  const table = new Uint8Array(SLOTS_PER_YEAR);
  if (!parsed.isWeekStable()) return monthTable(table, shares(parsed, hours, YEAR_START, 365 * SLOTS_PER_DAY));
  const { open, unknown } = shares(parsed, hours, MONDAY, SLOTS_PER_WEEK);
  for (let i = 0; i < SLOTS_PER_YEAR; i++) {
    table[i] = stateOf(open[i % SLOTS_PER_WEEK]!, unknown[i % SLOTS_PER_WEEK]!, 1);
  }
  return table;
}

/** The part of each half hour, in [0, 1], that is open or of unknown state. */
interface Shares {
  readonly open: Float64Array;
  readonly unknown: Float64Array;
}

/** Reads `slots` half hours from a local wall time on. */
function shares(parsed: OpeningHours, hours: string, start: number, slots: number): Shares {
  const out = { open: new Float64Array(slots), unknown: new Float64Array(slots) };
  const end = start + slots;
  for (const [from, to, isUnknown] of intervals(parsed, hours, start, end)) {
    const share = isUnknown ? out.unknown : out.open;
    const [first, last] = [Math.max(wallSlot(from), start), Math.min(wallSlot(to), end)];
    for (let slot = Math.floor(first); slot < last; slot++) {
      share[slot - start]! += Math.min(last, slot + 1) - Math.max(first, slot);
    }
  }
  return out;
}

/** Sums the year's half hours by month and slot of the week, and lets the longer part decide. */
function monthTable(table: Uint8Array, { open, unknown }: Shares): Uint8Array {
  const sums = { open: new Float64Array(table.length), unknown: new Float64Array(table.length) };
  const weeks = new Float64Array(table.length);
  const offset = YEAR_START - MONDAY + SLOTS_PER_WEEK;
  for (let i = 0; i < open.length; i++) {
    const month = new Date((YEAR_START + i) * SLOT_MS).getUTCMonth();
    const at = month * SLOTS_PER_WEEK + ((offset + i) % SLOTS_PER_WEEK);
    sums.open[at]! += open[i]!;
    sums.unknown[at]! += unknown[i]!;
    weeks[at]! += 1;
  }
  for (let at = 0; at < table.length; at++) table[at] = stateOf(sums.open[at]!, sums.unknown[at]!, weeks[at]!);
  return table;
}

function stateOf(open: number, unknown: number, whole: number): number {
  if ((open + unknown) * 2 < whole) return CLOSED;
  return open >= unknown ? OPEN : UNKNOWN;
}

/** The parser counts in the clock of this machine, whatever that is; so wall times go in and come out. */
function intervals(parsed: OpeningHours, hours: string, start: number, end: number) {
  try {
    return parsed.getOpenIntervals(localDate(start), localDate(end));
  } catch (cause) {
    throw unreadable(hours, cause);
  }
}

function localDate(slot: number): Date {
  const wall = new Date(slot * SLOT_MS);
  return new Date(wall.getUTCFullYear(), wall.getUTCMonth(), wall.getUTCDate());
}

function wallSlot(date: Date): number {
  const [year, month, day] = [date.getFullYear(), date.getMonth(), date.getDate()];
  return Date.UTC(year, month, day, date.getHours(), date.getMinutes()) / SLOT_MS;
}

let Parser: typeof OpeningHours | undefined;

function parse(hours: string): OpeningHours {
  // Loaded at the first text: it takes a tenth of a second, which programs without opening hours need not pay.
  Parser ??= createRequire(import.meta.url)("opening_hours") as typeof OpeningHours;
  try {
    return new Parser(hours, SOMEWHERE as never, { mode: 0, locale: "en" } as never);
  } catch (cause) {
    throw unreadable(hours, cause);
  }
}

function unreadable(hours: string, cause: unknown): PlatformError {
  const reason = (cause instanceof Error ? cause.message : String(cause)).split("\n")[0]!;
  return new PlatformError("bad-data", `opening hours "${hours}" are not OSM opening_hours: ${reason}`, { cause });
}
