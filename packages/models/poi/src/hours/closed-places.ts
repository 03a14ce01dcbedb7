import { DAY_MS, MINUTE_MS, NONE } from "@sequitur/core";
import { CLOSED, slotOfYear, SLOTS_PER_WEEK, UNKNOWN, zoneOffsetMinutes } from "@sequitur/data";
import { HARD_PENALTY, type HoursConfig } from "./hours-config.js";
import type { PlaceHours } from "./place-hours.js";

/** When a place would be visited. */
export interface Visit {
  /** ms since the epoch, UTC. */
  readonly instant: number;
  /** The visitor's clock, minutes east of UTC: for places without a time zone. Default 0. */
  readonly utcOffsetMinutes?: number;
}

/** (T) the state of every timetable at the visit: OPEN, CLOSED or UNKNOWN. */
export function timetableStates(hours: PlaceHours, visit: Visit): Uint8Array {
  const { weeks, weekOf, zoneOf, zones } = hours;
  const own = slotOfYear(visit.instant, visit.utcOffsetMinutes ?? 0);
  const slots = zones.map((zone) => slotOfYear(visit.instant, zoneOffsetMinutes(zone, visit.instant)));
  return Uint8Array.from(zoneOf, (zone, timetable) => {
    const slot = zone === NONE ? own : slots[zone]!;
    const week = weekOf[timetable * 12 + Math.floor(slot / SLOTS_PER_WEEK)]!;
    return weeks[week * SLOTS_PER_WEEK + (slot % SLOTS_PER_WEEK)]!;
  });
}

/** The state of one item at a visit: OPEN, CLOSED or UNKNOWN. */
export function stateAt(hours: PlaceHours, item: number, visit: Visit): number {
  const timetable = hours.timetables[item]!;
  if (timetable === NONE) return UNKNOWN;
  const slot = slotOfYear(visit.instant, offsetAt(hours, item, visit));
  const week = hours.weekOf[timetable * 12 + Math.floor(slot / SLOTS_PER_WEEK)]!;
  return hours.weeks[week * SLOTS_PER_WEEK + (slot % SLOTS_PER_WEEK)]!;
}

/** Minutes east of UTC of the clock that an item's hours go by at a visit. */
export function offsetAt({ timetables, zoneOf, zones }: PlaceHours, item: number, visit: Visit): number {
  const timetable = timetables[item]!;
  const zone = timetable === NONE ? NONE : zoneOf[timetable]!;
  return zone === NONE ? (visit.utcOffsetMinutes ?? 0) : zoneOffsetMinutes(zones[zone]!, visit.instant);
}

/**
 * Pushes down the places that are closed at the visit, in place: (C) scores of the candidates, else of every item, lose
 * `penalty` (soft) or 1000 (hard). Unknown hours are never closed; when every place with a score is closed, nothing
 * changes, since then the hours say nothing about the order. SEAGET section 7.
 */
export function suppressClosed(
  scores: Float32Array,
  hours: PlaceHours,
  visit: Visit,
  { form, penalty }: Pick<HoursConfig, "form" | "penalty">,
  candidates?: Int32Array,
): void {
  const loss = form === "hard" ? HARD_PENALTY : form === "soft" ? penalty : 0;
  if (loss === 0) return;
  const states = timetableStates(hours, visit);
  const isClosed = (column: number): boolean => {
    const timetable = hours.timetables[candidates?.[column] ?? column]!;
    return timetable !== NONE && states[timetable] === CLOSED;
  };
  let someOpen = false;
  for (let column = 0; column < scores.length && !someOpen; column++) {
    someOpen = !Number.isNaN(scores[column]!) && !isClosed(column);
  }
  if (!someOpen) return;
  for (let column = 0; column < scores.length; column++) if (isClosed(column)) scores[column]! -= loss;
}

/**
 * The first instant not before `now` at which clocks that many minutes east of UTC show a predicted time of day, in
 * [0, 1); a prediction outside is clipped.
 */
export function nextInstantAt(now: number, timeOfDay: number, utcOffsetMinutes: number): number {
  const wanted = Math.min(Math.max(timeOfDay, 0), 1) * DAY_MS;
  const wait = (wanted - (now + utcOffsetMinutes * MINUTE_MS)) % DAY_MS;
  return now + (wait < 0 ? wait + DAY_MS : wait);
}

/** What the hours say about check-ins that did happen. */
export interface HoursAgreement {
  readonly checkIns: number;
  /** At places whose hours are not known then. */
  readonly unknown: number;
  /** At places that are said to be closed: what the hard form would have forbidden, the soft form pushed down. */
  readonly closed: number;
  /** closed / checkIns, in [0, 1]; 0 without check-ins. */
  readonly closedShare: number;
}

/** Counts how many true check-ins (item i at visit i) the hours forbid. */
export function hoursAgreement(hours: PlaceHours, items: ArrayLike<number>, visits: readonly Visit[]): HoursAgreement {
  let unknown = 0;
  let closed = 0;
  visits.forEach((visit, i) => {
    const state = stateAt(hours, items[i]!, visit);
    if (state === UNKNOWN) unknown++;
    if (state === CLOSED) closed++;
  });
  const checkIns = visits.length;
  return { checkIns, unknown, closed, closedShare: checkIns === 0 ? 0 : closed / checkIns };
}
