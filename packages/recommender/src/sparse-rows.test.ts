import { Random } from "@sequitur/core";
import { describe, expect, it } from "vitest";
import { countPairs, transpose, type SparseRows } from "./sparse-rows.js";

function dense(matrix: SparseRows, columnCount: number): number[][] {
  const rows = Array.from({ length: matrix.offsets.length - 1 }, () => Array<number>(columnCount).fill(0));
  rows.forEach((row, r) => {
    for (let p = matrix.offsets[r]!; p < matrix.offsets[r + 1]!; p++) row[matrix.columns[p]!] = matrix.values[p]!;
  });
  return rows;
}

describe("countPairs and transpose", () => {
  it("equal a dense count, with ascending columns", () => {
    const random = new Random("pairs");
    const draw = (bound: number): Int32Array => Int32Array.from({ length: 60 }, () => random.integer(bound));
    const [rows, columns] = [draw(7), draw(5)];
    const want = Array.from({ length: 8 }, () => Array<number>(6).fill(0));
    rows.forEach((row, p) => (want[row]![columns[p]!]! += 1));
    const counted = countPairs(rows, columns, 8, 6);
    expect(dense(counted, 6)).toEqual(want);
    for (let r = 0; r < 8; r++) {
      const own = counted.columns.subarray(counted.offsets[r], counted.offsets[r + 1]);
      expect(Array.from(own)).toEqual([...new Set(own)].sort((a, b) => a - b));
    }
    const turned = transpose(counted, 6);
    expect(dense(turned, 8)).toEqual(want[0]!.map((_, column) => want.map((row) => row[column])));
    expect(transpose(turned, 8)).toEqual(counted);
  });

  it("keep empty rows", () => {
    const none = countPairs(new Int32Array(0), new Int32Array(0), 3, 2);
    expect(Array.from(none.offsets)).toEqual([0, 0, 0, 0]);
    expect(Array.from(transpose(none, 2).offsets)).toEqual([0, 0, 0]);
  });
});
