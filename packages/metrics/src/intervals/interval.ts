import { PlatformError } from "@sequitur/core";

/** A mean with its interval. */
export interface Interval {
  /** Values that were defined (not NaN); the mean is over these. */
  readonly count: number;
  /** Independent units among them: clusters, or the values themselves. */
  readonly units: number;
  /** NaN when count is 0. */
  readonly mean: number;
  /** NaN, like high, where the values allow none: fewer than two units, or amounts that are all the same. */
  readonly low: number;
  readonly high: number;
  /** Of the mean; NaN with fewer than two units. */
  readonly standardError: number;
}

export const DEFAULT_LEVEL = 0.95;

/** Below this many units no interval or test is to be relied on; reports say so. */
export const FEW_UNITS = 10;

/** Throws unless level is in (0, 1). */
export function checkLevel(level: number): void {
  if (!(level > 0 && level < 1)) throw new PlatformError("bad-config", `level must be in (0, 1), got ${level}.`);
}
