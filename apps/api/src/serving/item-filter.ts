import { distanceKm, NONE, type Point } from "@sequitur/core";
import { CLOSED, isTimeZone, OPEN, slotOfYear, zoneOffsetMinutes } from "@sequitur/data";
import type { ItemDirectory } from "./item-directory.js";
import type { ItemExpression } from "./item-fields.js";

/** What a request asks of the items it is shown. Everything given must hold. */
export interface ItemFilter {
  /** Only these. */
  readonly allow?: readonly string[] | undefined;
  /** None of these. */
  readonly deny?: readonly string[] | undefined;
  /** At least one of these. */
  readonly categories?: readonly string[] | undefined;
  readonly notCategories?: readonly string[] | undefined;
  /** An expression over the items' fields that has to be true, such as `price < 10 and in_stock`. */
  readonly where?: ItemExpression | undefined;
  /** Within this distance of `near`; items without coordinates are out. */
  readonly near?: Point | undefined;
  readonly radiusKm?: number | undefined;
  /** Open at this instant, ms since the epoch. */
  readonly openAt?: number | undefined;
  /** Whether items whose hours nobody knows count as open. */
  readonly unknownHours?: "drop" | "keep" | undefined;
  /** The local clock of items without a time zone, minutes east of UTC. */
  readonly utcOffsetMinutes?: number | undefined;
}

/** Whether an item of the directory may be shown. */
export type ItemTest = (index: number) => boolean;

/** The filter as one test; items that are deleted or not available at `now` never pass. */
export function itemTest(directory: ItemDirectory, filter: ItemFilter, now: number): ItemTest {
  const tests = [
    liveAndAvailable(directory, now),
    listTest(directory, filter),
    categoryTest(directory, filter),
    expressionTest(directory, filter),
    distanceTest(directory, filter),
    openTest(directory, filter),
  ].filter((test) => test !== undefined);
  return (index) => {
    for (const test of tests) if (!test(index)) return false;
    return true;
  };
}

function liveAndAvailable(directory: ItemDirectory, now: number): ItemTest {
  return (index) => {
    if (!directory.isLive(index)) return false;
    const { availableFrom, availableUntil } = directory.record(index);
    return (availableFrom ?? -Infinity) <= now && now < (availableUntil ?? Infinity);
  };
}

function listTest(directory: ItemDirectory, { allow, deny }: ItemFilter): ItemTest | undefined {
  if (allow === undefined && (deny === undefined || deny.length === 0)) return undefined;
  const allowed = allow && new Set(allow.map((id) => directory.indexOf(id)));
  const denied = new Set((deny ?? []).map((id) => directory.indexOf(id)));
  return (index) => (allowed === undefined || allowed.has(index)) && !denied.has(index);
}

function categoryTest(directory: ItemDirectory, filter: ItemFilter): ItemTest | undefined {
  const { categories, notCategories = [] } = filter;
  if (categories === undefined && notCategories.length === 0) return undefined;
  const wanted = categories && numbersOf(directory, categories);
  const unwanted = numbersOf(directory, notCategories);
  return (index) => {
    const own = directory.categories(index);
    if (own.some((number) => unwanted.has(number))) return false;
    return wanted === undefined || own.some((number) => wanted.has(number));
  };
}

function expressionTest(directory: ItemDirectory, { where }: ItemFilter): ItemTest | undefined {
  if (where === undefined) return undefined;
  const mask = directory.fields.mask(where);
  return (index) => mask[index] === 1;
}

function numbersOf(directory: ItemDirectory, names: readonly string[]): Set<number> {
  const numbers = new Set(names.map((name) => directory.categoryNumber(name)));
  numbers.delete(NONE);
  return numbers;
}

function distanceTest(directory: ItemDirectory, { near, radiusKm }: ItemFilter): ItemTest | undefined {
  if (near === undefined || radiusKm === undefined) return undefined;
  return (index) => distanceKm(near, directory.record(index)) <= radiusKm;
}

function openTest(directory: ItemDirectory, filter: ItemFilter): ItemTest | undefined {
  const { openAt, unknownHours = "drop", utcOffsetMinutes = 0 } = filter;
  if (openAt === undefined) return undefined;
  const slots = new Map<string, number>();
  const slotIn = (timeZone: string): number => {
    const known = slots.get(timeZone);
    if (known !== undefined) return known;
    const slot = slotOfYear(openAt, isTimeZone(timeZone) ? zoneOffsetMinutes(timeZone, openAt) : utcOffsetMinutes);
    slots.set(timeZone, slot);
    return slot;
  };
  return (index) => {
    const state = directory.openingTable(index)?.[slotIn(directory.record(index).timeZone ?? "")];
    return state === OPEN || (state !== CLOSED && unknownHours === "keep");
  };
}
