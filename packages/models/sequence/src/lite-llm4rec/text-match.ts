import type { Tensor } from "@sequitur/core";
import type { Memory } from "@sequitur/kernels";
import type { Encoder } from "../serving/encoder.js";

/** Rows (n, F) scaled to length 1; rows of zeros stay. */
export function unitLengthRows(rows: Float32Array, width: number): Float32Array {
  const out = rows.slice();
  for (let at = 0; at < out.length; at += width) {
    let squares = 0;
    for (let i = at; i < at + width; i++) squares += out[i]! ** 2;
    if (squares === 0) continue;
    const scale = 1 / Math.sqrt(squares);
    for (let i = at; i < at + width; i++) out[i]! *= scale;
  }
  return out;
}

/** Text vectors of items. */
export interface TextRows {
  /** (N, F) of length 1, zeros where an item has no text. */
  readonly rows: Float32Array;
  /** F */
  readonly width: number;
}

/** Which texts are alike, and how much that counts. */
export interface TextMatch extends TextRows {
  readonly weight: number;
  /** In [0, 1]: how much an item counts against the one after it. */
  readonly fade: number;
}

/** The item vectors (N, D) and beside them the text vectors, each times the trust in it (N): (N, D + F). */
export function sideBySide({ shape, data }: Tensor, { rows, width }: TextRows, trust: Float32Array): Float32Array {
  const [size, own] = shape as [number, number];
  const both = own + width;
  const out = new Float32Array(size * both);
  for (let item = 0; item < size; item++) {
    out.set((data as Float32Array).subarray(item * own, (item + 1) * own), item * both);
    const [from, to, share] = [item * width, item * both + own, trust[item]!];
    for (let i = 0; i < width; i++) out[to + i] = share * rows[from + i]!;
  }
  return out;
}

/**
 * States (D + F) of `inner`'s state and, beside it, weight x sum over the history of fade^(items after it) x text vector: by a table
 * whose rows are an item's vector and its text vector, one product then scores an item by the network and by how
 * alike its text is to those of the history.
 */
export function matchingEncoder(
  inner: Encoder,
  { rows, width: more, weight, fade }: TextMatch,
  memory: Memory,
): Encoder {
  const { width: own } = inner;
  const width = own + more;
  const read = (sum: Float32Array, item: number): void => {
    const at = item * more;
    for (let i = 0; i < more; i++) sum[i] = fade * sum[i]! + rows[at + i]!;
  };
  const join = (out: Float32Array, state: Float32Array, sum: Float32Array): void => {
    out.set(state);
    for (let i = 0; i < more; i++) out[own + i] = weight * sum[i]!;
  };
  return {
    width,
    encode(out, items, count, length, intervals) {
      memory.withScratch((scratch) => {
        const states = scratch.floats(count * own);
        inner.encode(states, items, count, length, intervals);
        for (let row = 0; row < count; row++) {
          const sum = new Float32Array(more);
          for (let at = 0; at < length; at++) read(sum, items.array[row * length + at]!);
          const to = out.array.subarray(row * width, (row + 1) * width);
          join(to, states.array.subarray(row * own, (row + 1) * own), sum);
        }
      });
    },
    start() {
      const running = inner.start();
      const sum = new Float32Array(more);
      const out = memory.floats(width);
      return {
        step(item, interval) {
          const state = running.step(item, interval).array;
          read(sum, item);
          join(out.array, state, sum);
          return out;
        },
        release() {
          running.release();
          memory.release(out);
        },
      };
    },
  };
}
