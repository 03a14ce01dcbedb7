import type { ItemColumns } from "@sequitur/core";

/** Numbers of a place. */
export const PLACE_NUMBERS = 3;

/** (N, 3) ln(1 + popularity), latitude and longitude, each standardised over the places; 0 where unknown. */
export function placeNumbers(popularity: Float32Array, columns: ItemColumns): Float32Array {
  const size = popularity.length;
  const unknown = new Float64Array(size).fill(Number.NaN);
  const all = [popularity.map(Math.log1p), columns.latitudes ?? unknown, columns.longitudes ?? unknown];
  const numbers = new Float32Array(size * all.length);
  all.forEach((column, at) => {
    standardised(column).forEach((value, place) => (numbers[place * all.length + at] = value));
  });
  return numbers;
}

/** Mean 0 and deviation 1 over the numbers that are known; unknown ones and constant columns give 0. */
function standardised(column: ArrayLike<number>): Float32Array {
  let [count, sum, squares] = [0, 0, 0];
  for (let at = 0; at < column.length; at++) {
    if (Number.isNaN(column[at]!)) continue;
    count += 1;
    sum += column[at]!;
  }
  const mean = sum / Math.max(1, count);
  for (let at = 0; at < column.length; at++) if (!Number.isNaN(column[at]!)) squares += (column[at]! - mean) ** 2;
  const deviation = Math.sqrt(squares / Math.max(1, count));
  return Float32Array.from(column, (value) =>
    Number.isNaN(value) || deviation === 0 ? 0 : (value - mean) / deviation,
  );
}
