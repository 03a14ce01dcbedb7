import { PlatformError } from "@sequitur/core";

/** What the tests of this folder need to know of one arm: it can be kept up to date day by day with `mergeMoments`. */
export interface Moments {
  /** Units (users, sessions), a whole number. */
  readonly count: number;
  readonly mean: number;
  /** Sample variance (divisor count - 1); 0 for fewer than two units. */
  readonly variance: number;
}

export const NO_UNITS: Moments = { count: 0, mean: 0, variance: 0 };

/** Count, mean and sample variance of the units of an arm (two passes, so that large offsets lose no digits). */
export function momentsOf(values: ArrayLike<number>): Moments {
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) {
      throw new PlatformError("bad-data", `values must be finite, got ${value} at index ${i}.`);
    }
    sum += value;
  }
  const count = values.length;
  if (count === 0) return NO_UNITS;
  const mean = sum / count;
  let squares = 0;
  for (let i = 0; i < count; i++) squares += (values[i]! - mean) ** 2;
  return { count, mean, variance: count > 1 ? squares / (count - 1) : 0 };
}

/** The moments of two disjoint sets of units together (Chan, Golub & LeVeque 1983). */
export function mergeMoments(a: Moments, b: Moments): Moments {
  if (a.count === 0) return b;
  if (b.count === 0) return a;
  const count = a.count + b.count;
  const shift = b.mean - a.mean;
  const within = a.variance * (a.count - 1) + b.variance * (b.count - 1);
  const squares = within + (shift * shift * a.count * b.count) / count;
  return { count, mean: a.mean + (shift * b.count) / count, variance: squares / (count - 1) };
}
