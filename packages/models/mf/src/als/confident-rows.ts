import type { Engine, Floats, Ints } from "@sequitur/kernels";

/** For each row its distinct columns, and how much more than an unvoted pair each counts. */
export interface ConfidentRows {
  readonly size: number;
  /** (size + 1). */
  readonly offsets: Ints;
  /** (pairs) ascending within a row. */
  readonly columns: Ints;
  /** (pairs) confidence * count - 1; absent when no pair is repeated: all are confidence - 1. */
  readonly extra: Floats | undefined;
  release(): void;
}

/** Groups pairs by row, repeats counted; held in the engine's memory. */
export function confidentRows(
  engine: Engine,
  rows: Int32Array,
  columns: Int32Array,
  size: number,
  confidence: number,
): ConfidentRows {
  const starts = new Int32Array(size + 1);
  for (const row of rows) starts[row + 1]! += 1;
  for (let row = 0; row < size; row++) starts[row + 1]! += starts[row]!;
  const sorted = new Int32Array(rows.length);
  const next = starts.slice();
  for (let at = 0; at < rows.length; at++) sorted[next[rows[at]!]!++] = columns[at]!;
  const offsets = new Int32Array(size + 1);
  const counts = new Int32Array(rows.length);
  let end = 0;
  for (let row = 0; row < size; row++) {
    const own = sorted.subarray(starts[row], starts[row + 1]).sort();
    for (let at = 0; at < own.length; at++) {
      if (at === 0 || own[at] !== own[at - 1]) sorted[end++] = own[at]!;
      counts[end - 1]! += 1;
    }
    offsets[row + 1] = end;
  }
  const { memory } = engine;
  const repeated = end < rows.length;
  const blocks = { offsets: memory.intsFrom(offsets), columns: memory.intsFrom(sorted.subarray(0, end)) };
  const extra = repeated
    ? memory.floatsFrom(Float32Array.from(counts.subarray(0, end), (count) => confidence * count - 1))
    : undefined;
  const release = (): void => [blocks.offsets, blocks.columns].forEach((block) => memory.release(block));
  return {
    size,
    ...blocks,
    extra,
    release: () => {
      release();
      if (extra) memory.release(extra);
    },
  };
}
