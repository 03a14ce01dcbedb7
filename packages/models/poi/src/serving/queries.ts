import { NONE, type QueryBatch } from "@sequitur/core";
import { checkInsOf, momentOf, type CheckIns, type OffsetOf, type Sequence } from "../history/check-ins.js";
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
  return { batch, offsets: queryOffsets(batch, facts, config), checkIns: checkInsOfQueries(batch, facts, config) };
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
function queryOffsets(batch: QueryBatch, facts: PlaceFacts, { nextTime }: PoiConfig): Int16Array {
  return Int16Array.from({ length: batch.size }, (_, b) => {
    const end = batch.offsets[b + 1]!;
    if (batch.utcOffsetMinutes !== undefined) return batch.utcOffsetMinutes[b]!;
    if (end === batch.offsets[b]) return 0;
    return offsetAt(facts, batch.items[end - 1]!, nextTime === "given" ? batch.now[b]! : batch.times[end - 1]!);
  });
}

/**
 * When the next place would be visited: now, or at the predicted time of day after the last check-in; undefined where
 * that is to be predicted and there is none.
 */
export function visitOf(
  { batch, offsets }: ReadQueries,
  b: number,
  { nextTime }: PoiConfig,
  dayTime: number,
): Visit | undefined {
  const utcOffsetMinutes = offsets[b]!;
  if (nextTime === "given") return { instant: batch.now[b]!, utcOffsetMinutes };
  const end = batch.offsets[b + 1]!;
  if (end === batch.offsets[b]) return undefined;
  return { instant: nextInstantAt(batch.times[end - 1]!, dayTime, utcOffsetMinutes), utcOffsetMinutes };
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

/** On the query's clock where it has one, else on those of the places, as in training. */
function checkInsOfQueries(batch: QueryBatch, facts: PlaceFacts, { sessionGapHours }: PoiConfig): CheckIns {
  const { items, times, utcOffsetMinutes } = batch;
  const starts = new Uint8Array(items.length);
  const recorded = utcOffsetMinutes && new Int16Array(items.length);
  for (let b = 0; b < batch.size; b++) {
    const [from, to] = [batch.offsets[b]!, batch.offsets[b + 1]!];
    if (from < to) starts[from] = 1;
    recorded?.fill(utcOffsetMinutes![b]!, from, to);
  }
  const offsetOf: OffsetOf = (row, place) => recorded?.[row] ?? offsetAt(facts, place, times[row]!);
  return checkInsOf(items, times, starts, offsetOf, { latitudes: facts.latitudes, linkHours: sessionGapHours });
}
