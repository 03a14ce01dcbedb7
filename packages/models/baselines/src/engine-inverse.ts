import { throwIfCancelled } from "@sequitur/core";
import type { Engine, Floats } from "@sequitur/kernels";
import { setImmediate as nextTurn } from "node:timers/promises";
import { invertPivot, type InverseRun } from "./spd-inverse.js";

/** Columns swept at once: wide, because each pass reads and writes the whole matrix. */
const WIDTH = 128;

/**
 * Replaces a symmetric positive definite (n, n) matrix in an engine's memory by minus its inverse: the sweeps of
 * `invertSpd` in float32, both triangles. 2 n^3 flops, but of compiled matrix products. Its relative error grows with the
 * condition number times 1e-7. `bad-data` when a pivot is not positive.
 */
export async function negateInverse(matrix: Floats, n: number, engine: Engine, run: InverseRun = {}): Promise<void> {
  const { memory, kernels } = engine;
  const blocks = Math.ceil(n / WIDTH);
  const panel = memory.floats(WIDTH * n);
  const scaled = memory.floats(WIDTH * n);
  const factor = memory.floats(WIDTH * WIDTH);
  try {
    for (let block = 0; block < blocks; block++) {
      await nextTurn(); // so that a cancellation can arrive
      throwIfCancelled(run.signal);
      const from = block * WIDTH;
      const width = Math.min(WIDTH, n - from);
      const pivot = invertPivot(matrix.array, n, from, width);
      const [u, w, d] = [panel.part(0, width * n), scaled.part(0, width * n), factor.part(0, width * width)];
      u.array.set(matrix.array.subarray(from * n, (from + width) * n));
      for (let p = 0; p < width; p++) u.array.fill(0, p * n + from, p * n + from + width);
      for (let at = 0; at < pivot.length; at++) d.array[at] = -pivot[at]!;
      kernels.matmul(w, d, u, { m: width, n, k: width });
      kernels.matmul(matrix, w, u, { m: n, n, k: width, transposeA: true, accumulate: true });
      writeRows(matrix.array, w.array, d.array, n, from, width);
      run.report?.({ task: "invert", done: block + 1, total: blocks, unit: "blocks" });
    }
  } finally {
    for (const block of [panel, scaled, factor]) memory.release(block);
  }
}

/** The block's rows and columns become D^-1 U, the block itself -D^-1; `scaled` holds -D^-1 U, `factor` -D^-1. */
function writeRows(
  matrix: Float32Array,
  scaled: Float32Array,
  factor: Float32Array,
  n: number,
  from: number,
  width: number,
): void {
  for (let p = 0; p < width; p++) {
    const k = from + p;
    for (let j = 0; j < n; j++) matrix[k * n + j] = -scaled[p * n + j]!;
    matrix.set(factor.subarray(p * width, (p + 1) * width), k * n + from);
  }
  for (let i = 0; i < n; i++) {
    if (i === from) i += width;
    if (i < n) for (let p = 0; p < width; p++) matrix[i * n + from + p] = -scaled[p * n + i]!;
  }
}
