import { NONE, PlatformError, type Catalog } from "@sequitur/core";
import { CLOSED, isTimeZone, OPEN, openingTable, SLOTS_PER_WEEK } from "@sequitur/data";
import type { HoursConfig } from "./hours-config.js";

/**
 * When each item is open, by half hours of the local week in each month. Places share timetables and months share
 * weeks: T timetables over W distinct weeks.
 */
export interface PlaceHours {
  /** (W, 336) row-major: OPEN, CLOSED or UNKNOWN; Monday 00:00 first. */
  readonly weeks: Uint8Array;
  /** (T, 12) row-major: the week of each month. */
  readonly weekOf: Int32Array;
  /** (T) position in `zones`, or NONE: the clock of whoever asks. */
  readonly zoneOf: Int32Array;
  /** IANA names. */
  readonly zones: readonly string[];
  /** (N) the item's timetable, or NONE: nobody knows, so it is never closed. */
  readonly timetables: Int32Array;
}

/** Where hours come from, best first: the item's own text, its category's pair, its category's learned week. */
export interface HoursSources extends Pick<HoursConfig, "unreadable" | "pairs"> {
  /** Category -> (336) OPEN or CLOSED, as `activeHours` learns them. */
  readonly learned?: ReadonlyMap<string, Uint8Array>;
}

/**
 * Compiles the hours of a catalogue; an item without any is unknown. `bad-data` names the item with hours that cannot be
 * read (unless those shall count as unknown), and the item with a time zone that does not exist.
 */
export function placeHours(catalog: Pick<Catalog, "items" | "itemColumns">, sources: HoursSources): PlaceHours {
  const { openingHours, timeZones, categories } = catalog.itemColumns;
  const pool = timetablePool();
  const weeks = categoryWeeks(sources);
  const timetables = new Int32Array(catalog.items.size).fill(NONE);
  for (let item = 0; item < timetables.length; item++) {
    const zone = timeZones?.[item] ?? "";
    if (zone !== "" && !isTimeZone(zone)) {
      const expected = "a time zone must be an IANA name such as Europe/Rome";
      throw new PlatformError("bad-data", `item ${catalog.items.ids[item]}: ${expected}, got "${zone}".`);
    }
    const text = openingHours?.[item] ?? "";
    const own = text === "" ? undefined : ownTable(text, catalog.items.ids[item]!, sources.unreadable);
    const category = own === undefined ? categories?.[item]?.findLast((name) => weeks.has(name)) : undefined;
    const table = own ?? (category === undefined ? undefined : weeks.get(category));
    if (table !== undefined) timetables[item] = pool.add(table, zone);
  }
  return { ...pool.finish(), timetables };
}

function ownTable(text: string, itemId: string, unreadable: HoursConfig["unreadable"]): Uint8Array | undefined {
  try {
    return openingTable(text);
  } catch (cause) {
    if (!(cause instanceof PlatformError)) throw cause;
    if (unreadable === "unknown") return undefined;
    throw new PlatformError("bad-data", `item ${itemId}: ${cause.message}`, { cause });
  }
}

/** The week of every category that has one; a pair counts more than what was learned. */
function categoryWeeks({ pairs, learned }: HoursSources): Map<string, Uint8Array> {
  const weeks = new Map(learned);
  for (const [category, pair] of Object.entries(pairs)) weeks.set(category, pairWeek(pair));
  return weeks;
}

/**
 * (336) the same hours every day: open(t) = o <= t < e if o < e, else t >= o or t < e; [0, 24) is always open, and so is
 * a pair of equal hours. A half hour counts as open when its middle is.
 */
export function pairWeek([open, close]: readonly [number, number]): Uint8Array {
  return Uint8Array.from({ length: SLOTS_PER_WEEK }, (_, slot) => {
    const hour = (slot % 48) / 2 + 0.25;
    const isOpen = open < close ? open <= hour && hour < close : hour >= open || hour < close;
    return isOpen ? OPEN : CLOSED;
  });
}

/** Gives equal weeks and equal timetables one number each. */
function timetablePool() {
  const weeks: Uint8Array[] = [];
  const weekNumbers = new Map<string, number>();
  const weekOf: number[] = [];
  const zoneOf: number[] = [];
  const zones: string[] = [];
  const numbers = new Map<string, number>();
  const months = new Map<Uint8Array, readonly number[]>();

  function weekNumber(week: Uint8Array): number {
    const key = week.join("");
    const known = weekNumbers.get(key);
    if (known !== undefined) return known;
    weekNumbers.set(key, weeks.length);
    return weeks.push(week) - 1;
  }

  function monthsOf(table: Uint8Array): readonly number[] {
    const known = months.get(table);
    if (known !== undefined) return known;
    const numbersOf = Array.from({ length: 12 }, (_, month) => {
      const from = table.length === SLOTS_PER_WEEK ? 0 : month * SLOTS_PER_WEEK;
      return weekNumber(table.subarray(from, from + SLOTS_PER_WEEK));
    });
    months.set(table, numbersOf);
    return numbersOf;
  }

  function zoneNumber(zone: string): number {
    if (zone === "") return NONE;
    const known = zones.indexOf(zone);
    return known >= 0 ? known : zones.push(zone) - 1;
  }

  return {
    add(table: Uint8Array, zone: string): number {
      const own = monthsOf(table);
      const zoneIndex = zoneNumber(zone);
      const key = `${own.join()}|${zoneIndex}`;
      const known = numbers.get(key);
      if (known !== undefined) return known;
      numbers.set(key, zoneOf.length);
      for (const week of own) weekOf.push(week);
      return zoneOf.push(zoneIndex) - 1;
    },
    finish(): Omit<PlaceHours, "timetables"> {
      const flat = new Uint8Array(weeks.length * SLOTS_PER_WEEK);
      weeks.forEach((week, i) => flat.set(week, i * SLOTS_PER_WEEK));
      return { weeks: flat, weekOf: Int32Array.from(weekOf), zoneOf: Int32Array.from(zoneOf), zones };
    },
  };
}
