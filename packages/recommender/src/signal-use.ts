/** What a recommender does with what events say; every one says so. */
export interface SignalUse {
  /** weighs: a positive of value 5 counts more than one of value 1; counts: every positive is alike. */
  readonly positive: "weighs" | "counts";
  /**
   * learns: negatives change what is learned or how a history is read; ignores: they are left out of both. Either way an
   * item scores lower for a user who has a negative standing against it, and `recommend` does not show it to them.
   */
  readonly negative: "learns" | "ignores";
}

/** Of a recommender that says nothing: positives alike, and nothing else. */
export const POSITIVES_ALIKE: SignalUse = { positive: "counts", negative: "ignores" };
