/** How many intervals there are. */
export const INTERVALS = 33;

/**
 * The interval of an item: 0 for the first that is read, else 1 + floor(log2(1 + seconds since the one before)), at most
 * 32. Powers of two, as people's pauses span seconds to years.
 */
export function intervalOf(timeMs: number, beforeMs: number | undefined): number {
  if (beforeMs === undefined) return 0;
  const seconds = Math.max(0, timeMs - beforeMs) / 1000;
  return Math.min(INTERVALS - 1, 1 + Math.floor(Math.log2(1 + seconds)));
}

/** The interval of each of these items. */
export function intervalsOf(times: ArrayLike<number>): Int32Array {
  return Int32Array.from(times, (time, at) => intervalOf(time, at === 0 ? undefined : times[at - 1]));
}
