import { DAY_MS, HOUR_MS } from "@sequitur/core";
import { CATEGORIES } from "./categories.js";
import type { ChoiceTables } from "./choice-tables.js";
import type { ChoiceWeights } from "./city-config.js";
import { SLOTS_PER_DAY, type LocalClock } from "../local-time/local-clock.js";
import type { Moment, Situation } from "./moment.js";
import { OUTDOOR_TRAIT, TRAITS } from "./place-texts.js";
import type { Places } from "./places.js";

/** Visits that a resident remembers, the latest ones. */
export const MEMORY = 128;
/** Weight of the place just left against others, when no time has passed. */
export const JUST_THERE = 0.05;
const HABIT_DAYS = 90;
const FAMILIAR_KM2 = 9;
const SAME_STEP_GAIN = 8;
const SAME_STEP_MS = 6 * HOUR_MS;

/** The remembered visits as pulls: visit i draws to `places[i]` with `pulls[i]`. Refilled for every choice. */
export interface Recall {
  size: number;
  total: number;
  readonly places: Int32Array;
  readonly pulls: Float64Array;
}

/** An empty memory to be filled. */
export function blankRecall(): Recall {
  return { size: 0, total: 0, places: new Int32Array(MEMORY), pulls: new Float64Array(MEMORY) };
}

/** Fills `out` with the pull of every remembered visit at the moment (the term m_v of the model). */
export function habitRecaller(
  places: Places,
  clock: LocalClock,
  tables: ChoiceTables,
  weights: ChoiceWeights,
): (out: Recall, situation: Situation, moment: Moment) => void {
  const decay = Float64Array.from({ length: 8 * HABIT_DAYS }, (_, days) => Math.exp(-days / HABIT_DAYS));
  const mood = new Float64Array(CATEGORIES.length);
  const { categories, x, y, hours, traits } = places;
  return (out, { items, times, start, end }, moment) => {
    const first = Math.max(start, end - MEMORY);
    const { previous, fresh, now, slot, month, slotOfYear, originX, originY } = moment;
    const openRow = slotOfYear * places.hoursTexts.length;
    const outdoor = tables.outdoor[month]!;
    const isWeekend = tables.weekend[slot]!;
    // Filled as categories come up: a memory has far fewer of them than visits.
    mood.fill(-1);
    out.size = end - first;
    let total = 0;
    for (let row = first; row < end; row++) {
      const place = items[row]!;
      const category = categories[place]!;
      if (mood[category]! < 0) mood[category] = weights.habit * categoryMood(category, moment, places, tables);
      const then = clock.slotOfWeek(times[row]!);
      const apart = Math.abs((slot % SLOTS_PER_DAY) - (then % SLOTS_PER_DAY));
      const days = Math.min(Math.floor((now - times[row]!) / DAY_MS), decay.length - 1);
      const dx = x[place]! - originX;
      const dy = y[place]! - originY;
      const farness = 1 + (dx * dx + dy * dy) / FAMILIAR_KM2;
      let pull =
        (mood[category]! *
          decay[days]! *
          tables.likeness[apart * 2 + (tables.weekend[then] === isWeekend ? 1 : 0)]! *
          tables.openFactor[openRow + hours[place]!]! *
          Math.exp(outdoor * traits[place * TRAITS.length + OUTDOOR_TRAIT]!)) /
        (weights.distance === 1 ? farness : farness ** weights.distance);
      if (place === previous) pull *= 1 - (1 - JUST_THERE) * Math.min(fresh, 1);
      const sameStep = row > start && items[row - 1] === previous && times[row]! - times[row - 1]! < SAME_STEP_MS;
      if (sameStep) pull *= 1 + SAME_STEP_GAIN * fresh;
      out.places[row - first] = place;
      out.pulls[row - first] = pull;
      total += pull;
    }
    out.total = total;
  };
}

/** e to the season of a category and the bonus of its coming after the previous one. */
function categoryMood(category: number, moment: Moment, places: Places, tables: ChoiceTables): number {
  const count = CATEGORIES.length;
  const after = moment.previous < 0 ? 0 : tables.transitions[places.categories[moment.previous]! * count + category]!;
  return Math.exp(tables.season[moment.month * count + category]! + moment.fresh * after);
}
