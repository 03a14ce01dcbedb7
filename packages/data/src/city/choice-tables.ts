import { CATEGORIES, transitionTable } from "./categories.js";
import type { ChoiceWeights } from "./city-config.js";
import { SLOTS_PER_DAY, SLOTS_PER_WEEK, SLOTS_PER_YEAR } from "../local-time/local-clock.js";
import { openingTable } from "../local-time/opening-table.js";
import type { Places } from "./places.js";
import { hourProfile, seasonProfile, warmth, weekendSlots } from "./rhythms.js";

/** Weight of a closed place against an open one. */
export const CLOSED = 0.02;
const AVAILABILITY_FLOOR = 0.05;
const OUTDOOR_SEASON = 0.6;
const SAME_HOUR_WIDTH = 1.5;
const OTHER_HOUR = 0.05;
const OTHER_DAY_TYPE = 0.4;

/** What the choice model looks up, computed once a city and set of weights. C categories, P places. */
export interface ChoiceTables {
  /** (12 x 336, C) row-major log appeal of a category by month and slot: pull, hour, season, availability. */
  readonly appeal: Float64Array;
  /** (12, C) row-major log season appeal. */
  readonly season: Float64Array;
  /** (C, C) row-major log bonus of a category after another. */
  readonly transitions: Float64Array;
  /** (12 x 336, hours texts) row-major factor of being open or closed: one moment is one short run of memory. */
  readonly openFactor: Float64Array;
  /** (12) log gain in a month of a place that is all open-air. */
  readonly outdoor: Float64Array;
  /** (C + 1) and (P): the places of category c are members[offsets[c] .. offsets[c + 1]]. */
  readonly offsets: Int32Array;
  readonly members: Int32Array;
  /** (48, 2) row-major likeness of a past visit by hours apart (in slots) and by same (1) or other (0) day type. */
  readonly likeness: Float64Array;
  /** (336) 1 = weekend. */
  readonly weekend: Uint8Array;
}

/** Tables for the places under the weights. */
export function choiceTables(places: Places, southern: boolean, weights: ChoiceWeights): ChoiceTables {
  const open = places.hoursTexts.map(openingTable);
  const closed = CLOSED ** weights.openingHours;
  const openFactor = new Float64Array(open.length * SLOTS_PER_YEAR);
  open.forEach((table, text) => {
    for (let i = 0; i < SLOTS_PER_YEAR; i++) openFactor[i * open.length + text] = table[i] === 1 ? 1 : closed;
  });
  const { offsets, members } = byCategory(places);
  const season = new Float64Array(12 * CATEGORIES.length);
  CATEGORIES.forEach((category, c) => {
    const profile = seasonProfile(category.season, southern);
    for (let month = 0; month < 12; month++) season[month * CATEGORIES.length + c] = weights.season * profile[month]!;
  });
  return {
    appeal: appealTable(places, open, season, { offsets, members }, weights),
    season,
    transitions: transitionTable(),
    openFactor,
    outdoor: warmth(southern).map((warm) => weights.season * OUTDOOR_SEASON * warm),
    offsets,
    members,
    likeness: likenessTable(weights.hour),
    weekend: weekendSlots(),
  };
}

function byCategory(places: Places): Pick<ChoiceTables, "offsets" | "members"> {
  const offsets = new Int32Array(CATEGORIES.length + 1);
  for (const category of places.categories) offsets[category + 1]! += 1;
  for (let c = 0; c < CATEGORIES.length; c++) offsets[c + 1]! += offsets[c]!;
  const next = offsets.slice();
  const members = new Int32Array(places.size);
  for (let place = 0; place < places.size; place++) members[next[places.categories[place]!]!++] = place;
  return { offsets, members };
}

/** pull + hour + season + ln(0.05 + share of the category's places that are open). */
function appealTable(
  places: Places,
  open: readonly Uint8Array[],
  season: Float64Array,
  { offsets, members }: Pick<ChoiceTables, "offsets" | "members">,
  weights: ChoiceWeights,
): Float64Array {
  const count = CATEGORIES.length;
  const appeal = new Float64Array(SLOTS_PER_YEAR * count);
  CATEGORIES.forEach((category, c) => {
    const hour = hourProfile(category.rhythm);
    const own = members.subarray(offsets[c], offsets[c + 1]);
    const openCounts = new Float64Array(SLOTS_PER_YEAR);
    const usage = new Map<number, number>();
    for (const place of own) usage.set(places.hours[place]!, (usage.get(places.hours[place]!) ?? 0) + 1);
    for (const [text, times] of usage) {
      const table = open[text]!;
      for (let i = 0; i < SLOTS_PER_YEAR; i++) openCounts[i]! += times * table[i]!;
    }
    for (let i = 0; i < SLOTS_PER_YEAR; i++) {
      const available = Math.log(AVAILABILITY_FLOOR + openCounts[i]! / own.length);
      const month = Math.floor(i / SLOTS_PER_WEEK);
      appeal[i * count + c] =
        category.pull +
        weights.hour * hour[i % SLOTS_PER_WEEK]! +
        season[month * count + c]! +
        weights.openingHours * available;
    }
  });
  return appeal;
}

function likenessTable(strength: number): Float64Array {
  const table = new Float64Array(SLOTS_PER_DAY * 2);
  for (let apart = 0; apart < SLOTS_PER_DAY; apart++) {
    const hours = Math.min(apart, SLOTS_PER_DAY - apart) / 2;
    const like = OTHER_HOUR + Math.exp(-((hours / SAME_HOUR_WIDTH) ** 2) / 2);
    table[apart * 2] = (like * OTHER_DAY_TYPE) ** strength;
    table[apart * 2 + 1] = like ** strength;
  }
  return table;
}
