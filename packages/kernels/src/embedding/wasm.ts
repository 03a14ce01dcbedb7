import { type WasmContext } from "../wasm-context.js";
import { type EmbeddingKernels } from "./embedding.js";

interface EmbeddingExports {
  readonly gather: (out: number, table: number, indices: number, count: number, width: number) => void;
  readonly scatterAdd: (table: number, x: number, indices: number, count: number, width: number) => void;
  readonly uniqueIndices: (unique: number, places: number, indices: number, count: number, marks: number) => number;
  readonly firstOutside: (indices: number, count: number, low: number, high: number) => number;
}

/** Compiled embedding look-ups (assembly/embedding.ts). */
export function wasmEmbedding(context: WasmContext): EmbeddingKernels {
  const exports = context.exports as unknown as EmbeddingExports;
  return {
    gather: (out, table, indices, width) =>
      exports.gather(out.offset, table.offset, indices.offset, indices.length, width),
    scatterAdd: (out, x, indices, width) =>
      exports.scatterAdd(out.offset, x.offset, indices.offset, indices.length, width),
    uniqueIndices: (out, places, indices, limit) =>
      exports.uniqueIndices(
        out.offset,
        places.offset,
        indices.offset,
        indices.length,
        context.scratchFloats(limit), // as many int32
      ),
    firstOutside: (indices, low, high) => exports.firstOutside(indices.offset, indices.length, low, high),
  };
}
