import type { Random } from "@sequitur/core";

/**
 * (count) row numbers, ascending, each drawn in proportion to its value: systematic sampling, so that a row of value v
 * comes floor or ceil of count v / (sum of values) times.
 */
export function drawsByValue(values: Float32Array, count: number, random: Random): Int32Array {
  let total = 0;
  for (const value of values) total += value;
  const start = random.uniform();
  const rows = new Int32Array(count);
  let row = 0;
  let reached = values[0] ?? 0;
  for (let draw = 0; draw < count; draw++) {
    const target = ((draw + start) * total) / count;
    while (reached <= target && row + 1 < values.length) reached += values[++row]!;
    rows[draw] = row;
  }
  return rows;
}
