import {
  DAY_MS,
  HOUR_MS,
  MINUTE_MS,
  NONE,
  PlatformError,
  type Interactions,
  type QueryBatch,
  type Tensor,
} from "@sequitur/core";
import { artifactTensor, loadOffsets, type Artifact } from "@sequitur/recommender";
import { knownUser } from "./history.js";

/** How alike a past visit has to be to the question; every factor is 1 where its setting switches it off. */
export interface VisitKernel {
  /** given: the question's instant is that of the answer, and clocks are compared; predicted: it is not read. */
  readonly nextTime: "given" | "predicted";
  /** Days after which a visit counts half; null: age does not matter. */
  readonly visitHalfLifeDays: number | null;
  /** Standard deviation, in hours of the day, of the likeness of clocks; null: hours are not compared. */
  readonly hourWidth: number | null;
  /** What a visit at the opposite hour of the day still counts, in [0, 1]. */
  readonly hourFloor: number;
  /** What a visit on the other kind of day (weekend against weekday) counts, in [0, 1]. */
  readonly otherDayWeight: number;
  /** A visit that came right after the present place counts 1 + this much. */
  readonly ownTransitionWeight: number;
}

/** Training visits, each user's together and oldest first. */
export interface OwnVisits {
  /** (U + 1) rows of user u are offsets[u] .. offsets[u + 1]. */
  readonly offsets: Int32Array;
  readonly items: Int32Array;
  /** ms since the epoch, UTC. */
  readonly times: Float64Array;
  /** Minutes east of UTC on the user's clock. */
  readonly utcOffsets: Int16Array;
  /** What each counts, above 0; absent: 1. */
  readonly values?: Float32Array | undefined;
}

/** The visits of a training set; rows without a known clock have `usualOffset`. */
export function ownVisitsOf(train: Interactions, usualOffset: number): OwnVisits {
  return {
    offsets: train.userOffsets,
    items: train.items,
    times: train.times,
    utcOffsets: train.context.utcOffsetMinutes ?? new Int16Array(train.size).fill(usualOffset),
    values: train.context.value,
  };
}

export function ownVisitsTensors({ offsets, items, times, utcOffsets, values }: OwnVisits): [string, Tensor][] {
  const valued: [string, Tensor][] = values ? [["visits.values", { shape: [values.length], data: values }]] : [];
  return [
    ...valued,
    ["visits.offsets", { shape: [offsets.length], data: offsets }],
    ["visits.items", { shape: [items.length], data: items }],
    ["visits.times", { shape: [times.length], data: times }],
    ["visits.utc-offsets", { shape: [utcOffsets.length], data: utcOffsets }],
  ];
}

/** What `ownVisitsTensors` wrote; `bad-artifact` unless offsets ascend to the size and items are in the catalogue. */
export function loadOwnVisits(artifact: Artifact): OwnVisits {
  const { users, items: known } = artifact.catalog;
  const offsets = loadOffsets(artifact, "visits.offsets", users.size);
  const size = offsets[users.size]!;
  const items = artifactTensor(artifact, "visits.items", Int32Array, [size]);
  for (const [at, item] of items.entries()) {
    if (item >= 0 && item < known.size) continue;
    throw new PlatformError(
      "bad-artifact",
      `artifact of ${artifact.model}: tensor visits.items must lie in [0, ${known.size}), got ${item} at ${at}.`,
    );
  }
  return {
    offsets,
    items,
    times: artifactTensor(artifact, "visits.times", Float64Array, [size]),
    utcOffsets: artifactTensor(artifact, "visits.utc-offsets", Int16Array, [size]),
    ...(artifact.tensors.has("visits.values") && {
      values: artifactTensor(artifact, "visits.values", Float32Array, [size]),
    }),
  };
}

/** One question: which visits it knows, and what they are compared with. */
interface VisitQuestion {
  readonly start: number;
  readonly end: number;
  /** First row of the query's history that is later than the training visits. */
  readonly from: number;
  readonly to: number;
  /** The present place where the present stay still counts, else NONE. */
  readonly place: number;
  readonly offset: number;
}

/**
 * row[j] += sum over the user's visits v at j of K(v) / sum over all of K(v), with
 * K(v) = 2^(-age / visitHalfLife) (hourFloor + (1 - hourFloor) exp(-dh^2 / (2 hourWidth^2))) otherDayWeight^[other kind of
 * day] (1 + ownTransitionWeight [the visit before v was at the present place]); dh is the distance of the clocks round
 * the day; each visit counts its value times. Clocks count only where the question's instant is given. The visits are the training ones and what the
 * query's history holds from after them. Nothing is added for a user without visits.
 */
export function addOwnVisits(
  row: Float32Array,
  batch: QueryBatch,
  query: number,
  visits: OwnVisits,
  kernel: VisitKernel & { readonly countHistory: boolean },
  context: { readonly place: number; readonly usualOffset: number },
): void {
  const question = visitQuestion(batch, query, visits, kernel.countHistory, context);
  const { start, end, from, to } = question;
  const size = end - start + (to - from);
  const weights = new Float64Array(size);
  const weightOf = kernelOf(batch, query, kernel, visits, question);
  let total = 0;
  let previous = NONE;
  const weigh = (at: number, item: number, time: number, offset: number, value = 1): void => {
    const weight = value * weightOf(time, offset, previous);
    weights[at] = weight;
    total += weight;
    previous = item;
  };
  for (let p = start; p < end; p++) {
    weigh(p - start, visits.items[p]!, visits.times[p]!, visits.utcOffsets[p]!, visits.values?.[p]);
  }
  for (let p = from; p < to; p++) {
    weigh(end - start + p - from, batch.items[p]!, batch.times[p]!, question.offset, batch.values?.[p]);
  }
  if (total === 0) return;
  for (let p = start; p < end; p++) row[visits.items[p]!]! += weights[p - start]! / total;
  for (let p = from; p < to; p++) {
    const item = batch.items[p]!;
    if (item >= 0 && item < row.length) row[item]! += weights[end - start + p - from]! / total;
  }
}

function visitQuestion(
  batch: QueryBatch,
  query: number,
  visits: OwnVisits,
  countHistory: boolean,
  { place, usualOffset }: { readonly place: number; readonly usualOffset: number },
): VisitQuestion {
  const user = knownUser(batch, query, visits.offsets.length - 1);
  const start = user === NONE ? 0 : visits.offsets[user]!;
  const end = user === NONE ? 0 : visits.offsets[user + 1]!;
  const to = batch.offsets[query + 1]!;
  let from = to;
  if (end === start || countHistory) {
    const after = end === start ? -Infinity : visits.times[end - 1]!;
    while (from > batch.offsets[query]! && batch.times[from - 1]! > after) from--;
  }
  return { start, end, from, to, place, offset: batch.utcOffsetMinutes?.[query] ?? usualOffset };
}

function kernelOf(
  batch: QueryBatch,
  query: number,
  kernel: VisitKernel,
  visits: OwnVisits,
  { end, from, to, place, offset }: VisitQuestion,
): (time: number, utcOffset: number, previous: number) => number {
  const now = batch.now[query]!;
  // Any instant serves as the present of ages: shares do not depend on it. That of the newest visit keeps them finite.
  const newest = to > from ? batch.times[to - 1]! : (visits.times[end - 1] ?? 0);
  const { visitHalfLifeDays: halfLife, hourWidth, hourFloor, otherDayWeight, ownTransitionWeight } = kernel;
  const isGiven = kernel.nextTime === "given";
  const hour = hourOf(now, offset);
  const isWeekend = onWeekend(now, offset);
  return (time, utcOffset, previous) => {
    let weight = halfLife === null ? 1 : 2 ** (-(newest - time) / (halfLife * DAY_MS));
    if (isGiven && hourWidth !== null) {
      const difference = Math.abs(hour - hourOf(time, utcOffset));
      const apart = Math.min(difference, 24 - difference);
      weight *= hourFloor + (1 - hourFloor) * Math.exp(-(apart * apart) / (2 * hourWidth * hourWidth));
    }
    if (isGiven && onWeekend(time, utcOffset) !== isWeekend) weight *= otherDayWeight;
    return previous !== NONE && previous === place ? weight * (1 + ownTransitionWeight) : weight;
  };
}

/** Hour of the day with its fraction, in [0, 24). */
function hourOf(timeMs: number, offsetMinutes: number): number {
  const wall = timeMs + offsetMinutes * MINUTE_MS;
  return (wall - DAY_MS * Math.floor(wall / DAY_MS)) / HOUR_MS;
}

/** Saturday or Sunday. */
function onWeekend(timeMs: number, offsetMinutes: number): boolean {
  // 1970-01-01 was a Thursday.
  const day = Math.floor((timeMs + offsetMinutes * MINUTE_MS) / DAY_MS) + 3;
  return day - 7 * Math.floor(day / 7) >= 5;
}
