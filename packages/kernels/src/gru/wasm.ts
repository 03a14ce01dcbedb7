import { packedFloats, type GemmExports } from "../matmul/wasm.js";
import { offsetOrZero, type WasmContext } from "../wasm-context.js";
import { type GruKernels } from "./gru.js";

interface GruExports extends GemmExports {
  readonly threadCount: () => number;
  readonly gruScratch: (width: number) => number;
  readonly packMatrix: (to: number, b: number, n: number, k: number, transposed: number) => void;
  readonly gruForward: (
    out: number,
    gates: number,
    inner: number,
    start: number,
    mask: number,
    packed: number,
    bias: number,
    zeros: number,
    scratch: number,
    batch: number,
    length: number,
    width: number,
  ) => void;
  readonly gruBackward: (
    out: number,
    inputSlopes: number,
    hiddenSlopes: number,
    gradient: number,
    hidden: number,
    gates: number,
    inner: number,
    start: number,
    mask: number,
    packed: number,
    zeros: number,
    batch: number,
    length: number,
    width: number,
  ) => void;
  readonly gruStatesBefore: (
    out: number,
    hidden: number,
    start: number,
    batch: number,
    length: number,
    width: number,
  ) => void;
  readonly columnChunks: (rows: number, width: number) => number;
  readonly columnSums: (
    out: number,
    x: number,
    rows: number,
    width: number,
    accumulate: number,
    partials: number,
  ) => void;
}

/** Addresses of consecutive, aligned runs of these many floats in one scratch block. */
function layOut(context: WasmContext, sizes: readonly number[]): number[] {
  let total = 0;
  const starts = sizes.map((size) => {
    const start = total;
    total += (size + 15) & ~15;
    return start;
  });
  const base = context.scratchFloats(total);
  return starts.map((start) => base + 4 * start);
}

/** Compiled GRU (assembly/gru.ts). */
export function wasmGru(context: WasmContext): GruKernels {
  return { gru: forward(context), gruGradient: backward(context) };
}

function forward(context: WasmContext): GruKernels["gru"] {
  const exports = context.exports as unknown as GruExports;
  const { gemm } = exports;
  return (out, saved, x, weights, start, { batch, length, inputs, width, mask }) => {
    const [wide, rows] = [3 * width, batch * length];
    const [packed, zeros, scratch] = layOut(context, [
      packedFloats(wide, Math.max(inputs, width), 1),
      width,
      exports.gruScratch(width) * exports.threadCount(),
    ]);
    const bias = weights.inputBias.offset;
    const gates = saved.gates.offset;
    gemm(gates, x.offset, weights.input.offset, packed, bias, rows, wide, inputs, 0, 0, 0, 1, 0, 0, 0);
    exports.packMatrix(packed, weights.hidden.offset, wide, width, 0);
    exports.gruForward(
      out.offset,
      gates,
      saved.inner.offset,
      offsetOrZero(start),
      offsetOrZero(mask),
      packed,
      weights.hiddenBias.offset,
      zeros,
      scratch,
      batch,
      length,
      width,
    );
  };
}

function backward(context: WasmContext): GruKernels["gruGradient"] {
  const exports = context.exports as unknown as GruExports;
  const { gemm, columnSums } = exports;
  return (out, gradient, hidden, saved, x, weights, start, { batch, length, inputs, width, mask }) => {
    const [wide, rows] = [3 * width, batch * length];
    const accumulate = out.accumulate === true ? 1 : 0;
    const [inputSlopes, hiddenSlopes, before, running, zeros, work] = layOut(context, [
      rows * wide,
      rows * wide,
      rows * width,
      batch * width,
      width,
      Math.max(
        packedFloats(width, wide, 1),
        packedFloats(wide, rows, 1),
        packedFloats(inputs, wide, 1),
        exports.columnChunks(rows, wide) * wide,
      ),
    ]);
    const startAt = offsetOrZero(start);
    exports.packMatrix(work, weights.hidden.offset, width, wide, 1);
    exports.gruBackward(
      out.start ? out.start.offset : running,
      inputSlopes,
      hiddenSlopes,
      gradient.offset,
      hidden.offset,
      saved.gates.offset,
      saved.inner.offset,
      startAt,
      offsetOrZero(mask),
      work,
      zeros,
      batch,
      length,
      width,
    );
    if (length > 0) exports.gruStatesBefore(before, hidden.offset, startAt, batch, length, width);
    const { offset: inputOut } = out.input;
    const { offset: hiddenOut } = out.hidden;
    gemm(inputOut, x.offset, inputSlopes, work, 0, inputs, wide, rows, 1, 0, accumulate, 1, 0, 0, 0);
    gemm(hiddenOut, before, hiddenSlopes, work, 0, width, wide, rows, 1, 0, accumulate, 1, 0, 0, 0);
    columnSums(out.inputBias.offset, inputSlopes, rows, wide, accumulate, work);
    columnSums(out.hiddenBias.offset, hiddenSlopes, rows, wide, accumulate, work);
    if (!out.x) return;
    gemm(out.x.offset, inputSlopes, weights.input.offset, work, 0, rows, inputs, wide, 0, 1, 0, 1, 0, 0, 0);
  };
}
