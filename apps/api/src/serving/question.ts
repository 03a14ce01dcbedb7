import { NEGATIVE, NONE, POSITIVE, type QueryBatch, type Signal } from "@sequitur/core";
import type { IdTable } from "@sequitur/core";
import type { ItemFilter } from "./item-filter.js";
import type { Rules } from "./rules.js";

/** One past interaction, as the store or the request tells it. */
export interface PastItem {
  readonly itemId: string;
  /** ms since the epoch, UTC. */
  readonly time: number;
  readonly role: Signal["role"];
  /** Above 0. */
  readonly value: number;
}

/** One request for recommendations, with all that is known of the asker. */
export interface Question {
  /** Absent for nobody, and for users that the store does not know. */
  readonly userId?: string | undefined;
  /** Oldest first, nothing after `now`. */
  readonly history: readonly PastItem[];
  /** ms since the epoch, UTC. */
  readonly now: number;
  readonly utcOffsetMinutes?: number | undefined;
  readonly latitude?: number | undefined;
  readonly longitude?: number | undefined;
  readonly k: number;
  readonly filter: ItemFilter;
  /** Ids that must not appear: what the asker does not want, and what they have met, when that is not wanted again. */
  readonly exclude: readonly string[];
  readonly rules: Rules;
  readonly explain: boolean;
}

/** What of a question a catalogue knows. */
export interface KnownPart {
  /** Item indices of the history that are in the catalogue, oldest first. */
  readonly items: readonly number[];
  readonly times: readonly number[];
  readonly roles: readonly number[];
  readonly values: readonly number[];
  /** User index or NONE. */
  readonly user: number;
}

/** The history and user in a catalogue's indices; unknown items are left out. */
export function knownPart(question: Question, items: IdTable, users: IdTable): KnownPart {
  const indices: number[] = [];
  const times: number[] = [];
  const roles: number[] = [];
  const values: number[] = [];
  for (const past of question.history) {
    const item = items.indexOf(past.itemId);
    if (item === NONE) continue;
    indices.push(item);
    times.push(past.time);
    roles.push(past.role);
    values.push(past.value);
  }
  const user = question.userId === undefined ? NONE : users.indexOf(question.userId);
  return { items: indices, times, roles, values, user };
}

/** Ids of the items that the asker does not want: their latest word on the item, exposures aside, is negative. */
export function unwantedIds(history: readonly PastItem[]): Set<string> {
  const unwanted = new Set<string>();
  for (const { itemId, role } of history) {
    if (role === NEGATIVE) unwanted.add(itemId);
    else if (role === POSITIVE) unwanted.delete(itemId);
  }
  return unwanted;
}

/** What of a history speaks for the asker. */
export function wantedPart(history: readonly PastItem[]): PastItem[] {
  const unwanted = unwantedIds(history);
  return history.filter(({ itemId, role }) => role === POSITIVE && !unwanted.has(itemId));
}

/**
 * The question as a batch of one. The session is the tail of the history without a gap above `sessionGapMs`, as the
 * splits of the offline evaluation cut it.
 */
export function queryOf(question: Question, known: KnownPart, sessionGapMs: number): QueryBatch {
  const { now, utcOffsetMinutes, latitude, longitude } = question;
  const length = known.items.length;
  let start = length;
  while (start > 0 && (start === length || known.times[start]! - known.times[start - 1]! <= sessionGapMs)) start--;
  const located = latitude !== undefined && longitude !== undefined;
  return {
    size: 1,
    offsets: Int32Array.of(0, length),
    users: Int32Array.of(known.user),
    items: Int32Array.from(known.items),
    times: Float64Array.from(known.times),
    ...(known.roles.some((role) => role !== POSITIVE) && { roles: Int8Array.from(known.roles) }),
    ...(known.values.some((value) => value !== 1) && { values: Float32Array.from(known.values) }),
    sessionStarts: Int32Array.of(start),
    now: Float64Array.of(now),
    ...(utcOffsetMinutes !== undefined && { utcOffsetMinutes: Int16Array.of(utcOffsetMinutes) }),
    ...(located && { latitudes: Float64Array.of(latitude), longitudes: Float64Array.of(longitude) }),
  };
}
