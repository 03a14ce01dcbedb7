import {
  listOf,
  NONE,
  PlatformError,
  type Interactions,
  type NumberColumn,
  type QueryBatch,
  type RaggedItems,
} from "@sequitur/core";
import type { EvaluationSet } from "./split.js";

/** One held-out question, as ranges of rows of the interactions that it is cut from; all rows are of one user. */
export interface Question {
  readonly user: number;
  /** History rows, oldest first: historyFrom .. historyTo. */
  readonly historyFrom: number;
  readonly historyTo: number;
  /** First row of the current session, in historyFrom .. historyTo. */
  readonly sessionFrom: number;
  /** The rows that answer it; their distinct items are the targets and the first one's time is `now`. */
  readonly targetFrom: number;
  readonly targetTo: number;
  /** Rows of the user before this one count as seen. */
  readonly seenTo: number;
}

/** Packs questions into queries, targets and seen items. Throws `bad-data` when there is none: `part` names the set. */
export function evaluationSet(interactions: Interactions, questions: readonly Question[], part: string): EvaluationSet {
  if (questions.length === 0) {
    throw new PlatformError(
      "bad-data",
      `the split leaves no ${part} queries: expected at least one user with enough interactions.`,
    );
  }
  return packed(interactions, questions);
}

/** The same where there may be none. */
export function packed(interactions: Interactions, questions: readonly Question[]): EvaluationSet {
  const targets = distinctItems(interactions, questions, (q) => [q.targetFrom, q.targetTo]);
  return {
    queries: queriesOf(interactions, questions),
    targets,
    ...targetSignals(interactions, questions, targets),
    ...targetRatings(interactions, questions, targets),
    seen: distinctItems(interactions, questions, (q) => [interactions.userOffsets[q.user]!, q.seenTo]),
  };
}

/** What each target's first event was given, such as stars. */
function targetRatings(
  { items, context: { weight } }: Interactions,
  questions: readonly Question[],
  targets: RaggedItems,
): Pick<EvaluationSet, "targetRatings"> {
  if (weight === undefined) return {};
  const ratings = new Float32Array(targets.items.length);
  questions.forEach(({ targetFrom, targetTo }, b) => {
    const places = new Map(Array.from(listOf(targets, b), (item, at) => [item, targets.offsets[b]! + at]));
    for (let row = targetTo - 1; row >= targetFrom; row--) ratings[places.get(items[row]!)!] = weight[row]!;
  });
  return { targetRatings: ratings };
}

/** What the events say that made the targets: of each the one of the highest value, the first of equals. */
function targetSignals(
  { items, context: { kind, value } }: Interactions,
  questions: readonly Question[],
  targets: RaggedItems,
): Pick<EvaluationSet, "targetValues" | "targetKinds"> {
  if (kind === undefined && value === undefined) return {};
  const values = new Float32Array(targets.items.length);
  const kinds = new Int32Array(targets.items.length);
  questions.forEach(({ targetFrom, targetTo }, b) => {
    const start = targets.offsets[b]!;
    const places = new Map(Array.from(listOf(targets, b), (item, at) => [item, start + at]));
    for (let row = targetFrom; row < targetTo; row++) {
      const at = places.get(items[row]!)!;
      const own = value?.[row] ?? 1;
      if (own <= values[at]!) continue;
      values[at] = own;
      kinds[at] = kind?.[row] ?? NONE;
    }
  });
  return { ...(value && { targetValues: values }), ...(kind && { targetKinds: kinds }) };
}

function queriesOf(interactions: Interactions, questions: readonly Question[]): QueryBatch {
  const size = questions.length;
  const offsets = new Int32Array(size + 1);
  questions.forEach((q, b) => (offsets[b + 1] = offsets[b]! + q.historyTo - q.historyFrom));
  const items = new Int32Array(offsets[size]!);
  const times = new Float64Array(offsets[size]!);
  const { latitude, longitude, utcOffsetMinutes, value } = interactions.context;
  const values = value && new Float32Array(offsets[size]!);
  const atTarget = <T extends NumberColumn>(column: T): T => {
    const Column = column.constructor as new (length: number) => T;
    const out = new Column(size);
    questions.forEach((q, b) => (out[b] = column[q.targetFrom]!));
    return out;
  };
  questions.forEach((q, b) => {
    items.set(interactions.items.subarray(q.historyFrom, q.historyTo), offsets[b]);
    times.set(interactions.times.subarray(q.historyFrom, q.historyTo), offsets[b]);
    values?.set(value!.subarray(q.historyFrom, q.historyTo), offsets[b]);
  });
  return {
    size,
    offsets,
    users: Int32Array.from(questions, (q) => q.user),
    items,
    times,
    ...(values && { values }),
    sessionStarts: Int32Array.from(questions, (q, b) => offsets[b]! + q.sessionFrom - q.historyFrom),
    now: atTarget(interactions.times),
    // The clock of the user is known when asking; where the next place lies is not.
    ...(utcOffsetMinutes && { utcOffsetMinutes: atTarget(utcOffsetMinutes) }),
    ...(latitude && longitude && lastPlace(questions, latitude, longitude)),
  };
}

/** Where the user was last; NaN for an empty history. */
function lastPlace(
  questions: readonly Question[],
  latitude: Float64Array,
  longitude: Float64Array,
): { latitudes: Float64Array; longitudes: Float64Array } {
  const last = (column: Float64Array): Float64Array =>
    Float64Array.from(questions, (q) => (q.historyTo > q.historyFrom ? column[q.historyTo - 1]! : Number.NaN));
  return { latitudes: last(latitude), longitudes: last(longitude) };
}

function distinctItems(
  interactions: Interactions,
  questions: readonly Question[],
  rowsOf: (question: Question) => readonly [number, number],
): { offsets: Int32Array; items: Int32Array } {
  const offsets = new Int32Array(questions.length + 1);
  const mark = new Int32Array(interactions.catalog.items.size).fill(-1);
  let end = 0;
  questions.forEach((question, b) => {
    end += countDistinct(interactions.items, rowsOf(question), mark, b);
    offsets[b + 1] = end;
  });
  const items = new Int32Array(end);
  mark.fill(-1);
  let at = 0;
  questions.forEach((question, b) => {
    const [from, to] = rowsOf(question);
    for (let row = from; row < to; row++) {
      const item = interactions.items[row]!;
      if (mark[item] !== b) items[at++] = item;
      mark[item] = b;
    }
  });
  return { offsets, items };
}

function countDistinct(items: Int32Array, [from, to]: readonly [number, number], mark: Int32Array, b: number): number {
  let count = 0;
  for (let row = from; row < to; row++) {
    if (mark[items[row]!] !== b) count++;
    mark[items[row]!] = b;
  }
  return count;
}

/** The first row of the session that ends before row `to`: no gap within it exceeds gapMs (Infinity: `from`). */
export function sessionStart(times: Float64Array, from: number, to: number, gapMs: number): number {
  let start = to;
  while (start > from && (start === to || times[start]! - times[start - 1]! <= gapMs)) start--;
  return start;
}
