import { maxOf } from "@sequitur/core";
import { oneLine } from "./failure.js";

/** Left-aligned columns with two blanks between; the last column is cut to the width. Each line ends in a newline. */
export function textTable(rows: readonly (readonly string[])[], width: number): string {
  const cells = rows.map((row) => row.map(oneLine));
  const widths = (cells[0] ?? []).map((_, i) => maxOf(cells.map((row) => row[i]?.length ?? 0)));
  const lines = cells.map((row) => {
    const line = row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i]!))).join("  ");
    return line.length <= width ? line.trimEnd() : `${line.slice(0, width - 1)}…`;
  });
  return lines.map((line) => `${line}\n`).join("");
}
