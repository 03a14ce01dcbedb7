import { PlatformError } from "@sequitur/core";
import { checkLength } from "./check-number.js";

/** The requests that were answered under an experiment, oldest first: what served and simulated experiments are read from. */
export interface ExperimentRows {
  /** Names of the arms; the first is control. */
  readonly arms: readonly string[];
  /** (n) number of the user or session that asked. */
  readonly units: Int32Array;
  /** (n) ms since the epoch, in order. */
  readonly times: Float64Array;
  /** (n) place in `arms` of the arm that answered; -1 where several did. */
  readonly answered: Int32Array;
  /** (n) the metric, such as the clicks on the answer. */
  readonly values: Float64Array;
  /** (n, arms) row-major: P(arm answers | what was known then); absent where the arm is not drawn anew for each request. */
  readonly probabilities?: Float64Array;
  /** (n) feedback on items of the second arm less feedback on items of control; absent where answers are not mixed. */
  readonly credits?: Float64Array;
}

/** Throws `bad-data` for columns of other lengths, times out of order, and arms that there are not. */
export function checkRows({ arms, units, times, answered, values, probabilities, credits }: ExperimentRows): void {
  const n = units.length;
  checkLength("times", times.length, n);
  checkLength("answered", answered.length, n);
  checkLength("values", values.length, n);
  if (probabilities !== undefined) checkLength("probabilities", probabilities.length, n * arms.length);
  if (credits !== undefined) checkLength("credits", credits.length, n);
  for (let row = 0; row < n; row++) {
    if (row > 0 && times[row]! < times[row - 1]!) {
      throw new PlatformError(
        "bad-data",
        `times must not fall, got ${times[row]} after ${times[row - 1]} in row ${row}.`,
      );
    }
    if (!(answered[row]! >= -1 && answered[row]! < arms.length)) {
      throw new PlatformError("bad-data", `answered must be below ${arms.length}, got ${answered[row]} in row ${row}.`);
    }
  }
}

/** Sums a column by unit; units in the order of their first row. */
export function sumByUnit(units: Int32Array, values: Float64Array): Float64Array {
  const placeOf = new Map<number, number>();
  const sums: number[] = [];
  for (const [row, unit] of units.entries()) {
    const place = placeOf.get(unit) ?? placeOf.size;
    placeOf.set(unit, place);
    sums[place] = (sums[place] ?? 0) + values[row]!;
  }
  return Float64Array.from(sums);
}
