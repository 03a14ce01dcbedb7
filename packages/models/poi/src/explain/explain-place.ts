import { MINUTE_MS, NONE } from "@sequitur/core";
import { CLOSED, OPEN, slotOfWeek } from "@sequitur/data";
import { distancesKm } from "../geography/distance.js";
import { offsetAt, stateAt, type Visit } from "../hours/closed-places.js";
import type { PlaceHours } from "../hours/place-hours.js";
import { explanationText } from "./explanation-text.js";
import type { SeasonFactors } from "../season/season-factors.js";

const HALF_HOURS_PER_DAY = 48;
/** Visits of the same part of the week this many half hours apart, or less, are alike. */
const ALIKE_HALF_HOURS = 4;
const WEEKEND = 5 * HALF_HOURS_PER_DAY;

/** What a fitted model knows that can speak for a place; each part may be missing. */
export interface PlaceKnowledge {
  readonly hours?: PlaceHours;
  readonly season?: Pick<SeasonFactors, "periods" | "factors">;
  /** (N, 3) row-major, see `unitVectors`. */
  readonly vectors?: Float64Array;
  /** Training trips from one place to another, and from it to anywhere: the flow map. */
  readonly trips?: (from: number, to: number) => { readonly count: number; readonly total: number };
}

/** The moment that is explained. */
export interface AskedMoment {
  /** When the place would be visited, as the model predicts it. */
  readonly visit: Visit;
  /** Period of the year, as `periodOf` counts it for the model's season. */
  readonly period: number;
  /** The user's past, oldest first; its last place is where the trip starts. */
  readonly items: ArrayLike<number>;
  /** ms since the epoch, UTC. */
  readonly times: ArrayLike<number>;
}

/** Why a place: the numbers that speak for and against it, and the same as a line of text. */
export interface PlaceExplanation extends PlaceReasons {
  readonly text: string;
}

/** The numbers alone. */
export interface PlaceReasons {
  /** Clock of the place at the visit, minutes after midnight. */
  readonly localMinutes: number;
  readonly opening: "open" | "closed" | "unknown";
  /** Visits in this part of the year over the year's average, 1 = no season; undefined when not known. */
  readonly seasonFactor?: number;
  /** From the last place; undefined when either is not known. */
  readonly distanceKm?: number;
  /** Training trips from the last place that led here, and their share of all that left it. */
  readonly trips?: { readonly count: number; readonly share: number };
  /** The user's own visits: all of them, and those at a like hour of a like day (workday or weekend). */
  readonly visits: { readonly total: number; readonly alike: number };
}

/** Gathers what is known of one place at one moment; O(history). */
export function explainPlace(item: number, asked: AskedMoment, knowledge: PlaceKnowledge): PlaceExplanation {
  const { hours, season, vectors, trips } = knowledge;
  const { visit, period, items } = asked;
  const offset = hours === undefined ? (visit.utcOffsetMinutes ?? 0) : offsetAt(hours, item, visit);
  const state = hours === undefined ? undefined : stateAt(hours, item, visit);
  const last = items.length === 0 ? NONE : items[items.length - 1]!;
  const km = last === NONE || vectors === undefined ? Number.NaN : distanceBetween(vectors, last, item);
  const flow = last === NONE ? undefined : trips?.(last, item);
  const reasons: PlaceReasons = {
    localMinutes: minutesOfDay(visit.instant + offset * MINUTE_MS),
    opening: state === OPEN ? "open" : state === CLOSED ? "closed" : "unknown",
    ...(season && { seasonFactor: season.factors[item * season.periods + period]! }),
    ...(!Number.isNaN(km) && { distanceKm: km }),
    ...(flow && { trips: { count: flow.count, share: flow.total === 0 ? 0 : flow.count / flow.total } }),
    visits: ownVisits(item, asked, offset),
  };
  return { ...reasons, text: explanationText(reasons) };
}

function minutesOfDay(wallMs: number): number {
  const minutes = Math.floor(wallMs / MINUTE_MS) % (24 * 60);
  return minutes < 0 ? minutes + 24 * 60 : minutes;
}

function distanceBetween(vectors: Float64Array, from: number, to: number): number {
  const out = new Float64Array(1);
  distancesKm(out, from, vectors, Int32Array.of(to));
  return out[0]!;
}

function ownVisits(item: number, { visit, items, times }: AskedMoment, offset: number): PlaceExplanation["visits"] {
  const wanted = slotOfWeek(visit.instant + offset * MINUTE_MS);
  let total = 0;
  let alike = 0;
  for (let i = 0; i < items.length; i++) {
    if (items[i] !== item) continue;
    total++;
    if (areAlike(slotOfWeek(times[i]! + offset * MINUTE_MS), wanted)) alike++;
  }
  return { total, alike };
}

function areAlike(a: number, b: number): boolean {
  if (a >= WEEKEND !== b >= WEEKEND) return false;
  const apart = Math.abs((a % HALF_HOURS_PER_DAY) - (b % HALF_HOURS_PER_DAY));
  return Math.min(apart, HALF_HOURS_PER_DAY - apart) <= ALIKE_HALF_HOURS;
}
