import { NONE, type Point, type QueryBatch } from "@sequitur/core";
import { CLOSED } from "@sequitur/data";
import { explainPlace, type PlaceExplanation, type PlaceKnowledge } from "../explain/explain-place.js";
import { distancesKm } from "../geography/distance.js";
import { stateAt, type Visit } from "../hours/closed-places.js";
import type { PlaceHours } from "../hours/place-hours.js";
import { periodOf } from "../season/period.js";
import type { PoiParts } from "./poi-model.js";

/** What a request may demand of the places. */
export interface Reach {
  /** Places within so many km of here; those of unknown coordinates are out. */
  readonly within?: { readonly from: Point; readonly radiusKm: number };
  /** Places that are not closed at this visit; those of unknown hours are in. */
  readonly openAt?: Visit;
}

/** Items that fulfil a request's demands, ascending: the candidates to rank. */
export function placesWithin(
  vectors: Float64Array,
  hours: PlaceHours | undefined,
  { within, openAt }: Reach,
): Int32Array {
  const size = vectors.length / 3;
  const km = within && new Float64Array(size);
  if (within && km) distancesKm(km, within.from, vectors);
  const kept: number[] = [];
  for (let item = 0; item < size; item++) {
    if (within && km && !(km[item]! <= within.radiusKm)) continue;
    if (openAt && hours && stateAt(hours, item, openAt) === CLOSED) continue;
    kept.push(item);
  }
  return Int32Array.from(kept);
}

/** Why the model would send the user of query b to an item, in numbers. */
export function explainQuery(
  parts: PoiParts,
  batch: QueryBatch,
  b: number,
  item: number,
  visit: Visit,
): PlaceExplanation {
  const { facts, hours, season } = parts;
  const [from, to] = [batch.offsets[b]!, batch.offsets[b + 1]!];
  const latitude = facts.latitudes[item] ?? Number.NaN;
  const knowledge: PlaceKnowledge = {
    ...(hours && { hours }),
    ...(season && { season }),
    vectors: facts.vectors,
    ...(parts.config.graph && { trips: (start: number, end: number) => tripsOf(parts, start, end) }),
  };
  const asked = {
    visit,
    period: periodOf(visit.instant, visit.utcOffsetMinutes ?? 0, latitude, season?.periods ?? 12),
    items: batch.items.subarray(from, to),
    times: batch.times.subarray(from, to),
  };
  return explainPlace(item, asked, knowledge);
}

/** Training trips from one place to another, and from it to anywhere. */
function tripsOf({ adjacency, trips }: PoiParts, from: number, to: number): { count: number; total: number } {
  let [count, total] = [0, 0];
  if (from === NONE || from >= adjacency.rows) return { count, total };
  for (let edge = adjacency.offsets[from]!; edge < adjacency.offsets[from + 1]!; edge++) {
    total += trips[edge]!;
    if (adjacency.columnOf[edge] === to) count += trips[edge]!;
  }
  return { count, total };
}
