/** The greatest of the values, -Infinity of none. Takes any number of them, unlike `Math.max(...values)`. */
export function maxOf(values: Iterable<number>): number {
  let most = -Infinity;
  for (const value of values) most = Math.max(most, value);
  return most;
}

/** The least of the values, Infinity of none. Takes any number of them, unlike `Math.min(...values)`. */
export function minOf(values: Iterable<number>): number {
  let least = Infinity;
  for (const value of values) least = Math.min(least, value);
  return least;
}
