import { packedFloats } from "../matmul/wasm.js";
import { offsetOrZero, type WasmContext } from "../wasm-context.js";
import { type CrossEntropyKernels } from "./cross-entropy.js";

interface CrossEntropyExports {
  readonly crossEntropy: (
    losses: number,
    hiddenOut: number,
    tableOut: number,
    biasOut: number,
    hidden: number,
    table: number,
    bias: number,
    targets: number,
    weights: number,
    rows: number,
    width: number,
    items: number,
    blockRows: number,
    packedTable: number,
    packedRows: number,
    block: number,
    packedHidden: number,
  ) => void;
}

/** Rows whose logits are held at once: about 16 MB of them, between 20 and 640 rows. */
export function blockRowsFor(items: number): number {
  return Math.min(640, Math.max(20, Math.floor(4_000_000 / Math.max(items, 1) / 10) * 10));
}

/** Compiled cross-entropy (assembly/xent.ts). */
export function wasmCrossEntropy(context: WasmContext): CrossEntropyKernels {
  const exports = context.exports as unknown as CrossEntropyExports;
  return {
    crossEntropy: (out, hidden, table, bias, targets, { rows, width, items }, weights) => {
      const blockRows = Math.min(blockRowsFor(items), rows);
      const sizes = [
        packedFloats(items, width, 1),
        out.hidden ? packedFloats(width, items, 1) : 0,
        blockRows * items,
        out.table ? packedFloats(width, blockRows, 1) : 0,
      ].map((size) => (size + 15) & ~15);
      const packedTable = context.scratchFloats(sizes[0] + sizes[1] + sizes[2] + sizes[3]);
      const packedRows = packedTable + 4 * sizes[0];
      const block = packedRows + 4 * sizes[1];
      exports.crossEntropy(
        out.losses.offset,
        offsetOrZero(out.hidden),
        offsetOrZero(out.table),
        offsetOrZero(out.bias),
        hidden.offset,
        table.offset,
        offsetOrZero(bias),
        targets.offset,
        offsetOrZero(weights),
        rows,
        width,
        items,
        blockRows,
        packedTable,
        packedRows,
        block,
        block + 4 * sizes[2],
      );
    },
  };
}
