import { type Interactions, type Random } from "@sequitur/core";

/** A run of one user's interactions: items at start .. start + length are read, those one later are the targets. */
export interface Window {
  /** Row of the first item in the interactions. */
  readonly start: number;
  /** Items read, and as many targets; at least 1. */
  readonly length: number;
}

/**
 * Every (history, next item) pair of every user once, in windows of at most `maxLength`. Histories that fit are one
 * window. Longer ones are cut from their end on; with `random` the newest window gets a random length instead of the
 * full one, so that each epoch cuts elsewhere and an item meets different contexts.
 */
export function windowsOf(train: Interactions, maxLength: number, random?: Random): Window[] {
  const windows: Window[] = [];
  for (let user = 0; user + 1 < train.userOffsets.length; user++) {
    const first = train.userOffsets[user]!;
    let end = train.userOffsets[user + 1]! - 1;
    if (end - first > maxLength && random !== undefined) {
      const length = 1 + random.integer(maxLength);
      windows.push({ start: end - length, length });
      end -= length;
    }
    while (end > first) {
      const length = Math.min(maxLength, end - first);
      windows.push({ start: end - length, length });
      end -= length;
    }
  }
  return windows;
}
