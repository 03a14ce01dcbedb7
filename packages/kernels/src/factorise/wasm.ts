import { offsetOrZero, type WasmContext } from "../wasm-context.js";
import { FACTORISE_OBJECTIVES, factoriseTotals, type FactoriseKernels } from "./factorise.js";
import { setFilterBits } from "./positive-filter.js";

interface FactoriseExports {
  /** Parameters in the order of FactoriseArgs in assembly/factorise.ts. */
  readonly factorise: (...parameters: number[]) => void;
  readonly alsRows: (...parameters: number[]) => void;
}

/** Compiled factorisation updates (assembly/factorise.ts, assembly/als.ts). */
export function wasmFactorise(context: WasmContext): FactoriseKernels {
  const exports = context.exports as unknown as FactoriseExports;
  return {
    factorise: (stats, factors, rows, options) => {
      const { alias, flips } = options;
      exports.factorise(
        stats.offset,
        factors.users.offset,
        factors.items.offset,
        offsetOrZero(factors.bias),
        offsetOrZero(factors.userBias),
        offsetOrZero(flips?.factors.users),
        offsetOrZero(flips?.factors.items),
        rows.pairs.offset,
        rows.offsets.offset,
        rows.sortedItems.offset,
        rows.filter.offset,
        offsetOrZero(alias?.keep),
        offsetOrZero(alias?.other),
        offsetOrZero(options.logits),
        rows.items,
        rows.count,
        factors.width,
        flips?.factors.width ?? 0,
        options.samples,
        FACTORISE_OBJECTIVES.indexOf(options.objective),
        options.negatives,
        options.candidates,
        options.seed,
        options.learningRate,
        options.userDecay,
        options.itemDecay,
        options.biasDecay,
        flips?.learningRate ?? 0,
        flips?.decay ?? 0,
        flips?.bias ?? 0,
      );
      return factoriseTotals(stats.array, options.samples);
    },
    positiveFilter: setFilterBits,
    alsRows: (x, y, gram, offsets, columns, extra, shape) => {
      exports.alsRows(
        x.offset,
        y.offset,
        gram.offset,
        offsets.offset,
        columns.offset,
        offsetOrZero(extra),
        shape.rows,
        shape.width,
        shape.steps,
        shape.weight,
        shape.decay,
      );
    },
  };
}
