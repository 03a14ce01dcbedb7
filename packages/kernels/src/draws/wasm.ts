import { offsetOrZero, type WasmContext } from "../wasm-context.js";
import { type DrawKernels } from "./draws.js";

interface DrawExports {
  readonly drawnRow: (...parameters: number[]) => void;
  readonly nearestDrawn: (...parameters: number[]) => void;
}

/** Compiled draws (assembly/draws.ts). */
export function wasmDraws(context: WasmContext): DrawKernels {
  const exports = context.exports as unknown as DrawExports;
  return {
    drawnRow: (out, means, scales, { key, row, from = 0, count }) =>
      exports.drawnRow(out.offset, means.offset, scales.offset, key, row, from, count),
    nearestDrawn: (outItems, outScores, queries, keys, table, { draws, n, width, k, candidates }) => {
      const heaps = context.scratchFloats(2 * k * draws);
      const to = [outItems.offset, outScores.offset, heaps, queries.offset, keys.offset, table.offset];
      exports.nearestDrawn(...to, offsetOrZero(candidates), candidates?.length ?? n, width, k, draws);
    },
  };
}
