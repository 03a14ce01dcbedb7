import type { Interactions } from "@sequitur/core";
import { CLOSED, OPEN, slotOfYear, SLOTS_PER_DAY, SLOTS_PER_WEEK, zoneOffsetMinutes } from "@sequitur/data";

/** Standard deviation of the smoothing along the week, in half hours. */
const SMOOTHING_SLOTS = 2;
/** Check-ins that the coarser profile (category by hour of day, then everybody's week) weighs against a category's own. */
const PRIOR_CHECK_INS = 50;

/**
 * Learned opening hours: category -> (336) OPEN or CLOSED by half hour of the local week, from training check-ins, for
 * data without hours. A category's histogram is smoothed along the (circular) week and drawn towards its profile by hour
 * of day and towards everybody's week while it is small. Its quietest half hours are closed for as long as together they
 * hold at most `closedShare` of its activity. Local time is the place's zone, else the row's UTC offset, else UTC. An
 * item counts for its most specific category.
 */
export function activeHours(train: Interactions, closedShare: number): Map<string, Uint8Array> {
  const histograms = categoryHistograms(train);
  const everybody = new Float64Array(SLOTS_PER_WEEK);
  for (const counts of histograms.values()) counts.forEach((count, slot) => (everybody[slot]! += count));
  const prior = normalised(smoothed(everybody));
  const weeks = new Map<string, Uint8Array>();
  for (const [category, counts] of histograms) weeks.set(category, quietClosed(profile(counts, prior), closedShare));
  return weeks;
}

function categoryHistograms(train: Interactions): Map<string, Float64Array> {
  const { categories, timeZones } = train.catalog.itemColumns;
  const histograms = new Map<string, Float64Array>();
  for (let row = 0; row < train.size; row++) {
    const item = train.items[row]!;
    const category = categories?.[item]?.at(-1);
    if (category === undefined) continue;
    const instant = train.times[row]!;
    const zone = timeZones?.[item] ?? "";
    const offset = zone === "" ? (train.context.utcOffsetMinutes?.[row] ?? 0) : zoneOffsetMinutes(zone, instant);
    let counts = histograms.get(category);
    if (counts === undefined) histograms.set(category, (counts = new Float64Array(SLOTS_PER_WEEK)));
    counts[slotOfYear(instant, offset) % SLOTS_PER_WEEK]! += 1;
  }
  return histograms;
}

/** Shares by slot: own week, drawn to own day, drawn to everybody's week; each prior worth PRIOR_CHECK_INS. */
function profile(counts: Float64Array, everybody: Float64Array): Float64Array {
  const own = smoothed(counts);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const day = new Float64Array(SLOTS_PER_DAY);
  own.forEach((count, slot) => (day[slot % SLOTS_PER_DAY]! += count / 7));
  return own.map((count, slot) => {
    const daily = (day[slot % SLOTS_PER_DAY]! + PRIOR_CHECK_INS * everybody[slot]!) / (total + PRIOR_CHECK_INS);
    return (count + PRIOR_CHECK_INS * daily) / (total + PRIOR_CHECK_INS);
  });
}

function quietClosed(shares: Float64Array, closedShare: number): Uint8Array {
  const week = new Uint8Array(SLOTS_PER_WEEK).fill(OPEN);
  const order = Array.from(shares.keys()).sort((a, b) => shares[a]! - shares[b]! || a - b);
  let closed = 0;
  for (const slot of order) {
    closed += shares[slot]!;
    if (closed > closedShare) break;
    week[slot] = CLOSED;
  }
  return week;
}

/** A circular Gaussian blur; keeps the sum. */
function smoothed(counts: Float64Array): Float64Array {
  const reach = 4 * SMOOTHING_SLOTS;
  const kernel = Float64Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.exp(-(((i - reach) / SMOOTHING_SLOTS) ** 2) / 2),
  );
  const weights = normalised(kernel);
  return counts.map((_, slot) => {
    let sum = 0;
    for (let i = -reach; i <= reach; i++) {
      sum += weights[i + reach]! * counts[(slot + i + SLOTS_PER_WEEK) % SLOTS_PER_WEEK]!;
    }
    return sum;
  });
}

function normalised(values: Float64Array): Float64Array {
  const sum = values.reduce((total, value) => total + value, 0);
  return sum === 0 ? values.map(() => 1 / values.length) : values.map((value) => value / sum);
}
