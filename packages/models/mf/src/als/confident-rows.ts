import type { Engine, Floats, Ints } from "@sequitur/kernels";

/** For each row its distinct columns, and how much more than an unvoted pair each counts. */
export interface ConfidentRows {
  readonly size: number;
  /** (size + 1). */
  readonly offsets: Ints;
  /** (pairs) ascending within a row. */
  readonly columns: Ints;
  /** (pairs) confidence * value - 1, not below 0; absent when no pair is repeated or has a value: all are confidence - 1. */
  readonly extra: Floats | undefined;
  release(): void;
}

/** Pairs, and what each is worth: 1 without values. */
export interface ValuedPairs {
  readonly rows: Int32Array;
  readonly columns: Int32Array;
  readonly values?: Float32Array | undefined;
}

/** Groups pairs by row, the values of repeats added up; held in the engine's memory. */
export function confidentRows(
  engine: Engine,
  { rows, columns, values }: ValuedPairs,
  size: number,
  confidence: number,
): ConfidentRows {
  const starts = new Int32Array(size + 1);
  for (const row of rows) starts[row + 1]! += 1;
  for (let row = 0; row < size; row++) starts[row + 1]! += starts[row]!;
  // Pairs of a row sorted by column, with their place in the input to find their values by.
  const order = new Int32Array(rows.length);
  const next = starts.slice();
  for (let at = 0; at < rows.length; at++) order[next[rows[at]!]!++] = at;
  const sorted = new Int32Array(rows.length);
  const offsets = new Int32Array(size + 1);
  const totals = new Float32Array(rows.length);
  let end = 0;
  for (let row = 0; row < size; row++) {
    const own = order.subarray(starts[row], starts[row + 1]).sort((a, b) => columns[a]! - columns[b]! || a - b);
    for (let at = 0; at < own.length; at++) {
      const column = columns[own[at]!]!;
      if (at === 0 || column !== columns[own[at - 1]!]) sorted[end++] = column;
      totals[end - 1]! += values?.[own[at]!] ?? 1;
    }
    offsets[row + 1] = end;
  }
  const { memory } = engine;
  const uneven = values !== undefined || end < rows.length;
  const blocks = { offsets: memory.intsFrom(offsets), columns: memory.intsFrom(sorted.subarray(0, end)) };
  const extra = uneven
    ? memory.floatsFrom(Float32Array.from(totals.subarray(0, end), (total) => Math.max(0, confidence * total - 1)))
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
