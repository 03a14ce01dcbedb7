import { type WasmContext } from "../wasm-context.js";
import { type ReductionKernels } from "./reductions.js";

type RowKernel = (out: number, x: number, rows: number, width: number) => void;

interface ReductionExports {
  readonly sum: (x: number, count: number, partials: number) => number;
  readonly sumOfSquares: (x: number, count: number, partials: number) => number;
  readonly rowSums: RowKernel;
  readonly rowMaxima: RowKernel;
  readonly rowArgmaxima: RowKernel;
  readonly scale: (out: number, x: number, factor: number, count: number) => void;
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

/** Float64 partial sums of at most 256 chunks, counted in float32. */
const PARTIALS = 512;

/** Compiled reductions (assembly/reductions.ts). */
export function wasmReductions(context: WasmContext): ReductionKernels {
  const exports = context.exports as unknown as ReductionExports;
  return {
    sum: (x) => exports.sum(x.offset, x.length, context.scratchFloats(PARTIALS)),
    sumOfSquares: (x) => exports.sumOfSquares(x.offset, x.length, context.scratchFloats(PARTIALS)),
    rowSums: (out, x, rows, width) => exports.rowSums(out.offset, x.offset, rows, width),
    rowMeans: (out, x, rows, width) => {
      exports.rowSums(out.offset, x.offset, rows, width);
      exports.scale(out.offset, out.offset, width === 0 ? Number.NaN : 1 / width, rows);
    },
    rowMax: (out, x, rows, width) => exports.rowMaxima(out.offset, x.offset, rows, width),
    rowArgmax: (out, x, rows, width) => exports.rowArgmaxima(out.offset, x.offset, rows, width),
    columnSums: (out, x, rows, width, accumulate) => {
      const partials = context.scratchFloats(exports.columnChunks(rows, width) * width);
      exports.columnSums(out.offset, x.offset, rows, width, accumulate === true ? 1 : 0, partials);
    },
  };
}
