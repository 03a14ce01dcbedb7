import { NONE } from "@sequitur/core";
import type { Floats, Memory } from "@sequitur/kernels";
import { addLikeness, wordProfile, type SparseRows } from "@sequitur/recommender";
import type { Encoder } from "../serving/encoder.js";

/** Which texts are alike, and how much that counts. */
export interface TextMatch {
  /** (N, V) TF-IDF rows of the items, of unit length, empty where an item has no text. */
  readonly items: SparseRows;
  /** (V, N) the same turned, each value times what a likeness to that item counts. */
  readonly words: SparseRows;
  /** In [0, 1]: how much an item of the history counts against the next newer one that has text. */
  readonly fade: number;
  /** Newest distinct items with text of a history that are read. */
  readonly most: number;
}

/** The rows of `words` (V, N) with each value times `weights[item]`. */
export function weightedWords({ offsets, columns, values }: SparseRows, weights: Float32Array): SparseRows {
  return { offsets, columns, values: values.map((value, at) => value * weights[columns[at]!]!) };
}

/**
 * States (D + most) of `inner`'s state and, behind it, the numbers of the newest distinct items with text that were read, newest
 * first, then NONE: all that `addMatches` has to know of a history. Numbers up to 2^24 are exact in them.
 */
export function rememberingEncoder(inner: Encoder, { items, most }: TextMatch, memory: Memory): Encoder {
  const { width: own } = inner;
  const width = own + most;
  const hasText = (item: number): boolean => items.offsets[item + 1]! > items.offsets[item]!;
  const join = (out: Float32Array, state: Float32Array, newest: readonly number[]): void => {
    out.set(state);
    out.fill(NONE, own);
    out.set(newest, own);
  };
  return {
    width,
    encode(out, history, count, length, intervals) {
      memory.withScratch((scratch) => {
        const states = scratch.floats(count * own);
        inner.encode(states, history, count, length, intervals);
        for (let row = 0; row < count; row++) {
          const newest: number[] = [];
          for (let at = (row + 1) * length - 1; at >= row * length && newest.length < most; at--) {
            const item = history.array[at]!;
            if (hasText(item) && !newest.includes(item)) newest.push(item);
          }
          const state = states.array.subarray(row * own, (row + 1) * own);
          join(out.array.subarray(row * width, (row + 1) * width), state, newest);
        }
      });
    },
    start() {
      const running = inner.start();
      const out = memory.floats(width);
      let newest: number[] = [];
      return {
        step(item, interval) {
          const state = running.step(item, interval).array;
          if (hasText(item)) newest = [item, ...newest.filter((other) => other !== item)].slice(0, most);
          join(out.array, state, newest);
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

/**
 * Adds to scores (rows, C) of all N items, or of the candidates, how alike their texts are to the profile of each state of a
 * `rememberingEncoder`: the sum over its items i of fade^(those before i) x_i, scaled to unit length.
 */
export function addMatches(scores: Float32Array, states: Floats, match: TextMatch, candidates?: Int32Array): void {
  const { items, words, fade, most } = match;
  const size = items.offsets.length - 1;
  const columns = candidates?.length ?? size;
  const rows = columns === 0 ? 0 : scores.length / columns;
  const width = rows === 0 ? 0 : states.length / rows;
  const likeness = new Float32Array(size);
  for (let row = 0; row < rows; row++) {
    const newest = states.array.subarray((row + 1) * width - most, (row + 1) * width);
    const read = newest.filter((item) => item !== NONE);
    if (read.length === 0) continue;
    likeness.fill(0);
    addLikeness(likeness, wordProfile(read, items, { maxItems: most, fade }), words);
    for (let column = 0; column < columns; column++) {
      scores[row * columns + column]! += likeness[candidates === undefined ? column : candidates[column]!]!;
    }
  }
}
