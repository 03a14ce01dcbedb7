import { appendRows, EXPOSURE, POSITIVE, type Interactions, type QueryBatch } from "@sequitur/core";
import { TEST, TRAIN, VALIDATION } from "./parts.js";
import type { SplitConfig } from "./split-interactions.js";
import type { EvaluationSet, Split } from "./split.js";

/**
 * A split of the positives of a log, with the log's negatives and exposures added: to training, those before all that is
 * held out (of the user; of everybody where the cut is one instant), and to each history, those before its query: all
 * negatives, since they stand until they are lifted, and the exposures since the history begins.
 */
export function withOtherSignals(split: Split, whole: Interactions, config: SplitConfig): Split {
  const isTrained = trainedRow(split, whole, config);
  const trainRows = otherRows(whole, isTrained);
  const onlyTrained = "history" in config && config.history === "train";
  const own = config.kind === "given" ? whole.context.part : undefined;
  const withHistory = (set: EvaluationSet, part: number): EvaluationSet => {
    const isKnown = (row: number): boolean => (onlyTrained ? isTrained(row) : own === undefined || own[row]! <= part);
    return { ...set, queries: withOthers(set.queries, whole, isKnown) };
  };
  return {
    train: appendRows(split.train, whole, trainRows),
    validation: withHistory(split.validation, VALIDATION),
    test: withHistory(split.test, TEST),
  };
}

/** Rows that are no positives and belong to training; ascending. */
function otherRows({ size, context: { role } }: Interactions, isTrained: (row: number) => boolean): Int32Array {
  return Int32Array.from({ length: size }, (_, row) => row).filter((row) => role![row] !== POSITIVE && isTrained(row));
}

/** Whether training may hold a row: its own part says so where the data has parts, else it is before the user's limit. */
function trainedRow(split: Split, { users, times, context }: Interactions, config: SplitConfig) {
  if (config.kind === "given") return (row: number): boolean => context.part![row] === TRAIN;
  const limitOf = trainLimit(split, config);
  return (row: number): boolean => times[row]! < limitOf(users[row]!);
}

/** Splits with one cut in time for everybody. */
const CUT_IN_TIME: readonly SplitConfig["kind"][] = ["temporal", "rolling", "trajectory", "session-last"];

/** Nothing that is held out may lie behind what is trained on, and who is not trained on stays unknown. */
function trainLimit({ train, validation, test }: Split, { kind }: SplitConfig): (user: number) => number {
  if (CUT_IN_TIME.includes(kind)) {
    let last = -Infinity;
    for (const time of train.times) last = Math.max(last, time);
    return () => last;
  }
  const first = new Float64Array(train.catalog.users.size).fill(Infinity);
  for (const { queries, answeredFrom = queries.now } of [validation, test]) {
    for (let b = 0; b < queries.size; b++) {
      const user = queries.users[b]!;
      const isTrained = train.userOffsets[user + 1]! > train.userOffsets[user]!;
      first[user] = isTrained ? Math.min(first[user]!, answeredFrom[b]!) : -Infinity;
    }
  }
  return (user) => first[user]!;
}

/** Each history with the other signals of its user from before the query, in order of time, positives first in a tie. */
function withOthers(queries: QueryBatch, whole: Interactions, isKnown: (row: number) => boolean): QueryBatch {
  const merged = mergedRows(queries, whole, isKnown);
  const pick = <T>(own: ArrayLike<T> | undefined, other: ArrayLike<T> | undefined, missing: T): T[] =>
    merged.rows.map((row) => (row < 0 ? own?.[-1 - row] : other?.[row]) ?? missing);
  return {
    ...queries,
    offsets: merged.offsets,
    sessionStarts: merged.sessionStarts,
    items: Int32Array.from(pick(queries.items, whole.items, 0)),
    times: Float64Array.from(pick(queries.times, whole.times, 0)),
    roles: Int8Array.from(pick(undefined, whole.context.role, POSITIVE)),
    values: Float32Array.from(pick(queries.values, whole.context.value, 1)),
  };
}

interface MergedRows {
  readonly offsets: Int32Array;
  readonly sessionStarts: Int32Array;
  /** Rows of the whole log, and -1 - p for place p of the queries. */
  readonly rows: number[];
}

function mergedRows(queries: QueryBatch, whole: Interactions, isKnown: (row: number) => boolean): MergedRows {
  const { size, users, now, times } = queries;
  const role = whole.context.role!;
  const offsets = new Int32Array(size + 1);
  const sessionStarts = new Int32Array(size);
  const rows: number[] = [];
  for (let b = 0; b < size; b++) {
    const [from, to] = [queries.offsets[b]!, queries.offsets[b + 1]!];
    const begins = to > from ? times[from]! : now[b]!;
    const belongs = (row: number): boolean =>
      role[row] !== POSITIVE && (role[row] !== EXPOSURE || whole.times[row]! >= begins) && isKnown(row);
    let at = from;
    const upTo = (time: number): void => {
      for (; at < to && times[at]! <= time; at++) {
        if (at === queries.sessionStarts[b]) sessionStarts[b] = rows.length;
        rows.push(-1 - at);
      }
    };
    const end = whole.userOffsets[users[b]! + 1]!;
    for (let row = whole.userOffsets[users[b]!]!; row < end && whole.times[row]! < now[b]!; row++) {
      if (!belongs(row)) continue;
      upTo(whole.times[row]!);
      rows.push(row);
    }
    upTo(Infinity);
    if (queries.sessionStarts[b] === to) sessionStarts[b] = rows.length;
    offsets[b + 1] = rows.length;
  }
  return { offsets, sessionStarts, rows };
}
