import { offsetOrZero, type WasmContext } from "../wasm-context.js";
import { lossCode, type SampledItems, type SampledKernels } from "./sampled.js";

interface SampledExports {
  readonly sampledScratch: (rows: number, width: number, count: number) => number;
  readonly sampledScores: (
    out: number,
    hidden: number,
    table: number,
    bias: number,
    positives: number,
    negatives: number,
    scratch: number,
    rows: number,
    width: number,
    count: number,
    shared: number,
  ) => void;
  readonly sampledLoss: (
    losses: number,
    slopes: number,
    scores: number,
    positives: number,
    negatives: number,
    weights: number,
    logQ: number,
    rows: number,
    count: number,
    shared: number,
    kind: number,
    keepHits: number,
    beta: number,
  ) => void;
  readonly sampledGradient: (
    hiddenOut: number,
    tableOut: number,
    biasOut: number,
    slopes: number,
    hidden: number,
    table: number,
    positives: number,
    negatives: number,
    scratch: number,
    rows: number,
    width: number,
    count: number,
    shared: number,
  ) => void;
}

/** Compiled losses over sampled items (assembly/sampled.ts). */
export function wasmSampled(context: WasmContext): SampledKernels {
  const exports = context.exports as unknown as SampledExports;
  const scratchFor = ({ rows, count, shared }: SampledItems, width: number): number =>
    shared ? context.scratchFloats(exports.sampledScratch(rows, width, count)) : 0;
  return {
    sampledScores: (out, hidden, table, bias, items, width) =>
      exports.sampledScores(
        out.offset,
        hidden.offset,
        table.offset,
        offsetOrZero(bias),
        items.positives.offset,
        items.negatives.offset,
        scratchFor(items, width),
        items.rows,
        width,
        items.count,
        items.shared ? 1 : 0,
      ),
    sampledLoss: (out, scores, items, loss) =>
      exports.sampledLoss(
        out.losses.offset,
        out.slopes.offset,
        scores.offset,
        items.positives.offset,
        items.negatives.offset,
        offsetOrZero(loss.weights),
        offsetOrZero(loss.logQ),
        items.rows,
        items.count,
        items.shared ? 1 : 0,
        lossCode(loss.kind),
        loss.keepHits === true ? 1 : 0,
        loss.beta ?? 1,
      ),
    sampledGradient: (out, slopes, hidden, table, items, width) =>
      exports.sampledGradient(
        offsetOrZero(out.hidden),
        offsetOrZero(out.table),
        offsetOrZero(out.bias),
        slopes.offset,
        hidden.offset,
        table.offset,
        items.positives.offset,
        items.negatives.offset,
        scratchFor(items, width),
        items.rows,
        width,
        items.count,
        items.shared ? 1 : 0,
      ),
  };
}
