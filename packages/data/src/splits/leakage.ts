import type { Split } from "./split.js";

/** What training knows of the time after a question is asked, over the test questions of a split. */
export interface Leakage {
  readonly questions: number;
  /** Questions that some training event is later than; NaN where times are only an order, each user's own. */
  readonly withLaterTraining: number;
  /** Mean over all questions of the share of training that is later than the question, in [0, 1]; NaN likewise. */
  readonly laterShare: number;
  /** Questions that a training event of their own user is later than. */
  readonly withOwnLaterTraining: number;
}

/** Counts it from the split itself. An event at the very instant of the question is not later. O(n log n). */
export function leakageOf({ train, test }: Pick<Split, "train" | "test">): Leakage {
  const { users, size } = test.queries;
  const now = test.answeredFrom ?? test.queries.now;
  const sorted = train.times.slice().sort();
  let [withLaterTraining, withOwnLaterTraining, shares] = [0, 0, 0];
  for (let b = 0; b < size; b++) {
    const later = sorted.length - firstAfter(sorted, now[b]!);
    withLaterTraining += Number(later > 0);
    shares += later / sorted.length;
    const user = users[b]!;
    const last = user < 0 ? train.userOffsets[0]! : train.userOffsets[user + 1]!;
    const first = user < 0 ? last : train.userOffsets[user]!;
    withOwnLaterTraining += Number(last > first && train.times[last - 1]! > now[b]!);
  }
  if (train.catalog.timesAre === "order") {
    return { questions: size, withLaterTraining: Number.NaN, withOwnLaterTraining, laterShare: Number.NaN };
  }
  return { questions: size, withLaterTraining, withOwnLaterTraining, laterShare: size === 0 ? 0 : shares / size };
}

/** The first place of ascending times that is above the instant. */
function firstAfter(times: Float64Array, instant: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! <= instant) low = middle + 1;
    else high = middle;
  }
  return low;
}
