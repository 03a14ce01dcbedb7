import { idProblem } from "../events/event.js";
import { isStorable } from "../well-formed.js";
import type { ItemRecord } from "./items.js";

/** Servers keep the attributes of every item in memory: 100,000 full ones would take 1.6 GB. */
export const MOST_ATTRIBUTE_CHARS = 16_384;
/** Texts stay in the database. */
export const MOST_TEXT_CHARS = 262_144;

/** Why an item cannot be stored, or undefined when it can. */
export function itemProblem(item: ItemRecord): string | undefined {
  const { latitude, longitude, availableFrom, availableUntil } = item;
  const texts = [item.title, item.openingHours, item.timeZone, ...(item.categories ?? [])];
  const problem = idProblem("itemId", item.itemId);
  if (problem !== undefined) return problem;
  if (texts.some((text) => text !== undefined && !isStorable(text))) {
    return "texts must be well-formed Unicode without the NUL character.";
  }
  if ((latitude === undefined) !== (longitude === undefined)) return "latitude and longitude come both or not at all.";
  if (latitude !== undefined && !(Math.abs(latitude) <= 90)) return `latitude must be in [-90, 90], got ${latitude}.`;
  if (longitude !== undefined && !(Math.abs(longitude) <= 180)) {
    return `longitude must be in [-180, 180], got ${longitude}.`;
  }
  for (const at of [availableFrom, availableUntil]) {
    if (at !== undefined && !(Math.abs(at) <= 1e14)) return `availability must be an instant in ms, got ${at}.`;
  }
  if (availableFrom !== undefined && availableUntil !== undefined && availableFrom >= availableUntil) {
    return `availableFrom must be before availableUntil, got ${availableFrom} and ${availableUntil}.`;
  }
  return sizeProblem(item);
}

function sizeProblem({ attributes, texts }: ItemRecord): string | undefined {
  for (const [name, value, most] of [
    ["attributes", attributes, MOST_ATTRIBUTE_CHARS],
    ["texts", texts, MOST_TEXT_CHARS],
  ] as const) {
    const { length } = JSON.stringify(value ?? {});
    if (length > most) return `${name} must have at most ${most} characters as JSON, got ${length}.`;
  }
  return undefined;
}
