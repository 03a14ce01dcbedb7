import { MINUTE_MS, HOUR_MS, DAY_MS, type Random } from "@sequitur/core";
import { drawPoisson, drawWeighted } from "./draws.js";
import { type LocalClock } from "../local-time/local-clock.js";
import type { Period } from "./places.js";
import { DAY_PARTS, type Residents } from "./residents.js";

const MEAN_STOPS = 2;
const MIN_GAP_MS = 5 * MINUTE_MS;

/**
 * When a resident checks in, ascending, at whole seconds and at least 5 minutes apart: outings by part of the day
 * (weekday and weekend differ), each of 1 + Geometric(1/2) stops about 70 minutes apart. Independent of the choices.
 */
export function drawCheckinTimes(
  residents: Residents,
  user: number,
  clock: LocalClock,
  period: Period,
  random: Random,
): Float64Array {
  const joined = residents.joinedAt[user]!;
  const outingsPerDay = residents.checkinsPerDay[user]! / MEAN_STOPS;
  const weekday = residents.dayParts.subarray(user * 10, user * 10 + 5);
  const weekend = residents.dayParts.subarray(user * 10 + 5, user * 10 + 10);
  const times: number[] = [];
  const firstDay = Math.floor((joined + clock.offsetMinutes(joined) * MINUTE_MS) / DAY_MS);
  for (let day = firstDay; day * DAY_MS < period.end + DAY_MS; day++) {
    // 1970-01-01 was a Thursday, so Monday is day 0 of (day + 3) % 7.
    const dayOfWeek = (day + 3) % 7;
    const outings = drawPoisson(outingsPerDay * (dayOfWeek >= 4 ? 1.2 : 0.85), random);
    for (let outing = 0; outing < outings; outing++) {
      drawOuting(times, day, dayOfWeek >= 5 ? weekend : weekday, clock, random);
    }
  }
  return spaced(times, joined, period.end);
}

function drawOuting(times: number[], day: number, parts: Float32Array, clock: LocalClock, random: Random): void {
  const [centre, width] = DAY_PARTS[drawWeighted(parts, random)]!;
  let wall = day * DAY_MS + (centre + width * random.normal()) * HOUR_MS;
  for (;;) {
    times.push(Math.floor(clock.instantOf(wall) / 1_000) * 1_000);
    if (random.uniform() < 1 - 1 / MEAN_STOPS) wall += 70 * MINUTE_MS * Math.exp(0.5 * random.normal());
    else return;
  }
}

/** Sorted, within [from, to), overlapping outings pushed apart. */
function spaced(times: number[], from: number, to: number): Float64Array {
  const sorted = Float64Array.from(times).sort();
  let kept = 0;
  let last = Number.NEGATIVE_INFINITY;
  for (const time of sorted) {
    const spacedTime = Math.max(time, last + MIN_GAP_MS);
    if (time < from || spacedTime >= to) continue;
    sorted[kept++] = spacedTime;
    last = spacedTime;
  }
  return sorted.slice(0, kept);
}
