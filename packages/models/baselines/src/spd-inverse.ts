import { PlatformError, throwIfCancelled, type Report } from "@sequitur/core";
import { setImmediate as nextTurn } from "node:timers/promises";
import { packedLength, packPanel, symmetricUpdate } from "./symmetric-update.js";

/** Columns swept at once: the panel product costs 2 n^2 width flops, so narrow is better until memory traffic bites. */
const WIDTH = 32;

export interface InverseRun {
  readonly signal?: AbortSignal;
  readonly report?: Report;
}

/**
 * Replaces a symmetric positive definite (n, n) row-major matrix by its inverse; only the lower triangle is read.
 * n^3 flops in float64 by blocked sweeps, O(n) memory beside the matrix. `bad-data` when a pivot is not positive.
 *
 * Sweeping the block of columns K, with D = A[K, K], U = A[:, K] and W = U D^-1, turns the rest into A - W U^T, the
 * columns into W and the block into -D^-1; after every block is swept A holds minus its inverse (Goodnight 1979).
 */
export async function invertSpd(matrix: Float64Array, n: number, run: InverseRun = {}): Promise<void> {
  const blocks = Math.ceil(n / WIDTH);
  const panel = new Float64Array(n * WIDTH);
  const product = new Float64Array(n * WIDTH);
  const packedPanel = new Float64Array(packedLength(n, WIDTH));
  const packedProduct = new Float64Array(packedLength(n, WIDTH));
  for (let block = 0; block < blocks; block++) {
    await nextTurn(); // so that a cancellation can arrive
    throwIfCancelled(run.signal);
    const from = block * WIDTH;
    const width = Math.min(WIDTH, n - from);
    const pivot = invertPivot(matrix, n, from, width);
    readPanel(panel, matrix, n, from, width);
    multiplyPanel(product, panel, pivot, n, width);
    packPanel(packedPanel, panel, n, width);
    packPanel(packedProduct, product, n, width);
    symmetricUpdate(matrix, n, packedPanel, packedProduct, width);
    writePanel(matrix, product, pivot, n, from, width);
    run.report?.({ task: "invert", done: block + 1, total: blocks, unit: "blocks" });
  }
  for (let at = 0; at < matrix.length; at++) matrix[at] = -matrix[at]!;
  mirrorLower(matrix, n);
}

/** (width, width) the inverse of the diagonal block at `from`, by sweeping one column at a time in float64. */
export function invertPivot(matrix: Float64Array | Float32Array, n: number, from: number, width: number): Float64Array {
  const a = new Float64Array(width * width);
  for (let i = 0; i < width; i++) {
    for (let j = 0; j <= i; j++) a[i * width + j] = a[j * width + i] = matrix[(from + i) * n + from + j]!;
  }
  const column = new Float64Array(width);
  for (let k = 0; k < width; k++) {
    const pivot = a[k * width + k]!;
    if (!(pivot > 0)) {
      throw new PlatformError("bad-data", `the matrix must be positive definite, got pivot ${pivot} at ${from + k}.`);
    }
    for (let i = 0; i < width; i++) column[i] = i === k ? 0 : a[i * width + k]!;
    for (let i = 0; i < width; i++) {
      const scaled = column[i]! / pivot;
      for (let j = 0; j < width; j++) a[i * width + j]! -= scaled * column[j]!;
      a[i * width + k] = scaled;
      a[k * width + i] = scaled;
    }
    a[k * width + k] = -1 / pivot;
  }
  for (let i = 0; i < a.length; i++) a[i] = -a[i]!;
  return a;
}

/** U: the block's columns of all rows, zero in the block's own rows, so that the update leaves these alone. */
function readPanel(out: Float64Array, matrix: Float64Array, n: number, from: number, width: number): void {
  for (let i = 0; i < n; i++) {
    for (let p = 0; p < width; p++) {
      const k = from + p;
      out[i * width + p] = i < from ? matrix[k * n + i]! : i < from + width ? 0 : matrix[i * n + k]!;
    }
  }
}

/** W = U D^-1. */
function multiplyPanel(out: Float64Array, panel: Float64Array, pivot: Float64Array, n: number, width: number): void {
  out.fill(0);
  for (let i = 0; i < n; i++) {
    const row = i * width;
    for (let p = 0; p < width; p++) {
      const factor = panel[row + p]!;
      for (let q = 0; q < width; q++) out[row + q]! += factor * pivot[p * width + q]!;
    }
  }
}

function writePanel(
  matrix: Float64Array,
  product: Float64Array,
  pivot: Float64Array,
  n: number,
  from: number,
  width: number,
): void {
  for (let p = 0; p < width; p++) {
    const k = from + p;
    for (let i = 0; i < from; i++) matrix[k * n + i] = product[i * width + p]!;
    for (let i = from + width; i < n; i++) matrix[i * n + k] = product[i * width + p]!;
    for (let q = 0; q < width; q++) matrix[k * n + from + q] = -pivot[p * width + q]!;
  }
}

/** Copies the lower triangle to the upper one, by squares that fit the cache. */
export function mirrorLower(matrix: Float64Array | Float32Array, n: number): void {
  const side = 64;
  for (let iFrom = 0; iFrom < n; iFrom += side) {
    for (let jFrom = 0; jFrom <= iFrom; jFrom += side) {
      for (let i = iFrom; i < Math.min(n, iFrom + side); i++) {
        for (let j = jFrom; j < Math.min(i, jFrom + side); j++) matrix[j * n + i] = matrix[i * n + j]!;
      }
    }
  }
}
