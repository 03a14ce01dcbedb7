import { NONE, type QueryBatch } from "@sequitur/core";
import { checkInsOf, momentOf, type CheckIns, type Sequence } from "../history/check-ins.js";
import { offsetAt, type PlaceFacts } from "../history/places.js";
import { nextInstantAt, type Visit } from "../hours/closed-places.js";
import type { PoiConfig } from "../network/config.js";

/** Queries as the network reads them. */
export interface ReadQueries {
  readonly batch: QueryBatch;
  /** (B) minutes east of UTC. */
  readonly offsets: Int16Array;
  readonly checkIns: CheckIns;
}

/** The columns of a batch's histories, on the clocks of its queries. */
export function readQueries(batch: QueryBatch, facts: PlaceFacts, config: PoiConfig): ReadQueries {
  const offsets = queryOffsets(batch, facts);
  return { batch, offsets, checkIns: checkInsOfQueries(batch, offsets, facts.latitudes, config.cutHours) };
}

/** Query numbers by tokens read, so that no sequence is padded and a score does not depend on its neighbours. */
export function queriesByLength(batch: QueryBatch, maxLength: number): Map<number, number[]> {
  const byLength = new Map<number, number[]>();
  for (let b = 0; b < batch.size; b++) {
    const length = 1 + Math.min(maxLength, batch.offsets[b + 1]! - batch.sessionStarts[b]!);
    const alike = byLength.get(length);
    if (alike === undefined) byLength.set(length, [b]);
    else alike.push(b);
  }
  return byLength;
}

/** (B) minutes east of UTC: the query's clock, else that at its last place, else UTC. */
function queryOffsets(batch: QueryBatch, facts: PlaceFacts): Int16Array {
  return Int16Array.from({ length: batch.size }, (_, b) => {
    const end = batch.offsets[b + 1]!;
    const last = end === batch.offsets[b] ? NONE : batch.items[end - 1]!;
    return batch.utcOffsetMinutes?.[b] ?? offsetAt(facts, last, batch.now[b]!);
  });
}

/** When the next place would be visited: now, or at the predicted time of day after the last check-in. */
export function visitOf({ batch, offsets }: ReadQueries, b: number, { nextTime }: PoiConfig, dayTime: number): Visit {
  const offset = offsets[b]!;
  const end = batch.offsets[b + 1]!;
  if (nextTime === "given" || end === batch.offsets[b]) return { instant: batch.now[b]!, utcOffsetMinutes: offset };
  return { instant: nextInstantAt(batch.times[end - 1]!, dayTime, offset), utcOffsetMinutes: offset };
}

/** The current trajectory of query b, its newest check-ins. */
export function sequenceOf(
  { batch, offsets }: ReadQueries,
  b: number,
  facts: PlaceFacts,
  { maxLength }: PoiConfig,
): Sequence {
  const to = batch.offsets[b + 1]!;
  const now = batch.now[b]!;
  const last = to === batch.offsets[b] ? NONE : batch.items[to - 1]!;
  return {
    user: batch.users[b]!,
    first: batch.offsets[b]!,
    from: Math.max(batch.sessionStarts[b]!, to - maxLength),
    to,
    now,
    clock: momentOf(now, offsets[b]!, facts.latitudes[last] ?? batch.latitudes?.[b] ?? Number.NaN),
    countFrom: to,
  };
}

function checkInsOfQueries(
  batch: QueryBatch,
  offsets: Int16Array,
  latitudes: Float32Array,
  linkHours: number,
): CheckIns {
  const starts = new Uint8Array(batch.items.length);
  const offsetOf = new Int16Array(batch.items.length);
  for (let b = 0; b < batch.size; b++) {
    const [from, to] = [batch.offsets[b]!, batch.offsets[b + 1]!];
    if (from < to) starts[from] = 1;
    offsetOf.fill(offsets[b]!, from, to);
  }
  return checkInsOf(batch.items, batch.times, starts, (row) => offsetOf[row]!, { latitudes, linkHours });
}
