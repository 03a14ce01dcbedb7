import { PlatformError } from "@sequitur/core";

/** How far predicted ratings are from those that were given. */
export interface RatingErrors {
  /** Root of the mean squared error, in units of the rating. */
  readonly rmse: number;
  /** Mean absolute error, in the same units. */
  readonly mae: number;
  /** Pairs of a prediction and a rating; others are left out. */
  readonly count: number;
}

/** Errors over all pairs that have both; NaN where a prediction or a rating is missing, and for all where none has both. */
export function ratingErrors(predicted: ArrayLike<number>, given: ArrayLike<number>): RatingErrors {
  if (predicted.length !== given.length) {
    throw new PlatformError(
      "bad-config",
      `expected ${given.length} predictions like ratings, got ${predicted.length}.`,
    );
  }
  let [squares, absolutes, count] = [0, 0, 0];
  for (let at = 0; at < given.length; at++) {
    const error = predicted[at]! - given[at]!;
    if (Number.isNaN(error)) continue;
    squares += error ** 2;
    absolutes += Math.abs(error);
    count += 1;
  }
  return { rmse: Math.sqrt(squares / count), mae: absolutes / count, count };
}
