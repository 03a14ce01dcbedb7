/** Kinds of feedback that say somebody went for an item. */
export const POSITIVE_FEEDBACK: readonly string[] = ["click", "visit", "purchase"];
