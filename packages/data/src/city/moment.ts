import { HOUR_MS, DAY_MS, NONE, PlatformError } from "@sequitur/core";
import { SLOTS_PER_DAY, SLOTS_PER_WEEK, type LocalClock } from "../local-time/local-clock.js";
import type { Places } from "./places.js";
import { FACTORS, tastesAt, type Residents } from "./residents.js";

/** A resident about to choose: who, when, and rows start .. end of a log as all past visits, oldest first. */
export interface Situation {
  /** Index of the resident. */
  readonly user: number;
  /** Instant of the choice, ms since the epoch, UTC. */
  readonly now: number;
  readonly items: Int32Array;
  /** ms since the epoch, UTC, ascending, none after `now`. */
  readonly times: Float64Array;
  readonly start: number;
  readonly end: number;
}

/** A visit within so long makes its place the origin of the next trip. */
export const TRIP_MS = 3 * HOUR_MS;
const AFTERMATH_MS = 3 * HOUR_MS;

/** What of a situation the utilities use; one object refilled for every choice. */
export interface Moment {
  user: number;
  now: number;
  month: number;
  slot: number;
  /** month x 336 + slot. */
  slotOfYear: number;
  /** The place visited last, or NONE. */
  previous: number;
  /** Strength of what came before: weight x exp(-gap / 3 h); 0 without a past. */
  fresh: number;
  originX: number;
  originY: number;
  /** (groups + traits) tastes at the instant. */
  readonly tastes: Float64Array;
}

/** A moment to be filled by `observe`. */
export function blankMoment(): Moment {
  const numbers = {
    user: 0,
    now: 0,
    month: 0,
    slot: 0,
    slotOfYear: 0,
    previous: NONE,
    fresh: 0,
    originX: 0,
    originY: 0,
  };
  return { ...numbers, tastes: new Float64Array(FACTORS) };
}

/** Fills the moment from a situation; `bad-config` for an unknown resident or a past that lies after `now`. */
export function observe(
  out: Moment,
  situation: Situation,
  world: { readonly places: Places; readonly residents: Residents; readonly clock: LocalClock },
  sequenceWeight: number,
): void {
  const { user, now, items, times, start, end } = situation;
  const { places, residents, clock } = world;
  if (!(Number.isInteger(user) && user >= 0 && user < residents.size)) {
    throw new PlatformError("bad-config", `user must be in [0, ${residents.size}), got ${user}.`);
  }
  if (end > start && !(times[end - 1]! <= now)) {
    throw new PlatformError("bad-config", `past visits must not be after now (${now}), got ${times[end - 1]}.`);
  }
  out.user = user;
  out.now = now;
  out.slot = clock.slotOfWeek(now);
  out.month = clock.month(now);
  out.slotOfYear = out.month * SLOTS_PER_WEEK + out.slot;
  tastesAt(out.tastes, residents, user, now);
  const gap = end > start ? now - times[end - 1]! : Number.POSITIVE_INFINITY;
  out.previous = end > start ? items[end - 1]! : NONE;
  out.fresh = sequenceWeight * Math.exp(-gap / AFTERMATH_MS);
  const slotOfDay = out.slot % SLOTS_PER_DAY;
  if (gap < TRIP_MS) {
    out.originX = places.x[out.previous]!;
    out.originY = places.y[out.previous]!;
  } else if (residents.employed[user] === 1 && out.slot < 5 * SLOTS_PER_DAY && slotOfDay >= 18 && slotOfDay < 34) {
    out.originX = residents.workX[user]!;
    out.originY = residents.workY[user]!;
  } else {
    out.originX = residents.homeX[user]!;
    out.originY = residents.homeY[user]!;
  }
}

/** Factor by which a place that opened during the period draws more people at first. */
export function novelty(now: number, openedAt: number): number {
  if (openedAt === Number.NEGATIVE_INFINITY) return 1;
  return now < openedAt ? 0 : 1 + 2 * Math.exp(-(now - openedAt) / (45 * DAY_MS));
}
