import type { Engine, Floats } from "@sequitur/kernels";

/** Item vectors held in an engine's memory, ready to be multiplied and scanned. */
export interface ItemIndex {
  readonly engine: Engine;
  /** N. */
  readonly size: number;
  /** Factors before padding. */
  readonly factors: number;
  /** Floats a row: factors rounded up to a multiple of 4; the padding is 0. */
  readonly width: number;
  /** (N, width). */
  readonly items: Floats;
  /** (N). */
  readonly bias: Floats | undefined;
  /** Gives the memory back; the index must not be used after. */
  release(): void;
}

export interface ItemVectors {
  readonly factors: number;
  readonly items: Float32Array;
  readonly bias?: Float32Array;
}

/** Copies (N, factors) item vectors and their biases into the engine's memory. */
export function itemIndex(engine: Engine, { factors, items: vectors, bias: biases }: ItemVectors): ItemIndex {
  const { memory } = engine;
  const width = paddedWidth(factors);
  const size = vectors.length / factors;
  const items = memory.floats(size * width);
  copyPadded(items.array, vectors, factors, width);
  const bias = biases && memory.floatsFrom(biases);
  const release = (): void => {
    memory.release(items);
    if (bias) memory.release(bias);
  };
  return { engine, size, factors, width, items, bias, release };
}

/** Factors rounded up to what the kernels take. */
export function paddedWidth(factors: number): number {
  return Math.ceil(factors / 4) * 4;
}

/** Rows of `factors` into rows of `width`, the rest 0. */
export function copyPadded(out: Float32Array, rows: Float32Array, factors: number, width: number): void {
  if (factors === width) {
    out.set(rows);
    return;
  }
  out.fill(0);
  for (let from = 0, to = 0; from < rows.length; from += factors, to += width) {
    out.set(rows.subarray(from, from + factors), to);
  }
}

/** Scores of one block of queries, in floats; larger blocks gain nothing and cost memory. */
const BLOCK = 1 << 22;
const LEAST_ROWS = 64;

/**
 * (B, C) vectors . items + bias, C = candidates, else every item. Each score is summed over the factors in order, so
 * that it does not depend on the batch or on the candidates.
 */
export function dotScores(index: ItemIndex, vectors: Float32Array, candidates?: Int32Array): Float32Array {
  const queries = vectors.length / index.factors;
  const columns = candidates?.length ?? index.size;
  const out = new Float32Array(queries * columns);
  if (out.length === 0) return out;
  const { engine, width, factors } = index;
  engine.memory.withScratch((scratch) => {
    const items = candidates === undefined ? index.items : scratch.floats(columns * width);
    if (candidates !== undefined) gatherRows(items.array, index.items.array, candidates, width);
    const biases = index.bias && biasesOf(index.bias.array, candidates);
    const most = Math.min(queries, Math.max(LEAST_ROWS, Math.floor(BLOCK / columns)));
    const [left, scores] = [scratch.floats(most * width), scratch.floats(most * columns)];
    for (let from = 0; from < queries; from += most) {
      const m = Math.min(most, queries - from);
      copyPadded(left.array, vectors.subarray(from * factors, (from + m) * factors), factors, width);
      if (biases) for (let row = 0; row < m; row++) scores.array.set(biases, row * columns);
      const shape = { m, n: columns, k: width, transposeB: true, accumulate: biases !== undefined };
      engine.kernels.matmul(scores, left, items, shape);
      out.set(scores.array.subarray(0, m * columns), from * columns);
    }
  });
  return out;
}

function biasesOf(bias: Float32Array, candidates: Int32Array | undefined): Float32Array {
  return candidates === undefined ? bias : Float32Array.from(candidates, (item) => bias[item]!);
}

function gatherRows(out: Float32Array, rows: Float32Array, places: Int32Array, width: number): void {
  for (let at = 0; at < places.length; at++) {
    const from = places[at]! * width;
    out.set(rows.subarray(from, from + width), at * width);
  }
}
