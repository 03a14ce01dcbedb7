import { PlatformError } from "@sequitur/core";

/** Throws `bad-data`, naming the column and the first row, unless it has n values that are all as they should be. */
export function checkColumn(
  name: string,
  values: Float64Array | Int32Array,
  n: number,
  expected: string,
  holds: (value: number) => boolean,
): void {
  if (values.length !== n) throw new PlatformError("bad-data", `${name} must have ${n} rows, got ${values.length}.`);
  for (let row = 0; row < n; row++) {
    const value = values[row]!;
    if (!holds(value)) throw new PlatformError("bad-data", `${name} must be ${expected}, got ${value} in row ${row}.`);
  }
}
