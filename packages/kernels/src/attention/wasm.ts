import { keepThreshold } from "../dropout/dropout.js";
import { offsetOrZero, type WasmContext } from "../wasm-context.js";
import { fullAttention, type AttentionKernels, type AttentionShape } from "./attention.js";

/** What both passes take after their blocks: mask and scratch, the sizes, then scale and dropout. */
type Common = readonly [
  mask: number,
  scratch: number,
  stride: number,
  batch: number,
  heads: number,
  queries: number,
  keys: number,
  width: number,
  causal: number,
  scale: number,
  threshold: number,
  keepScale: number,
  seed: number,
  counter: number,
];

interface AttentionExports {
  readonly threadCount: () => number;
  readonly attentionScratch: (queries: number, keys: number, width: number, backward: number) => number;
  readonly attention: (out: number, q: number, k: number, v: number, stats: number, ...common: Common) => void;
  readonly attentionGradient: (
    qOut: number,
    kOut: number,
    vOut: number,
    gradient: number,
    output: number,
    q: number,
    k: number,
    v: number,
    stats: number,
    ...common: Common
  ) => void;
}

/** Compiled attention (assembly/attention.ts). */
export function wasmAttention(context: WasmContext): AttentionKernels {
  const exports = context.exports as unknown as AttentionExports;
  const commonOf = (shape: AttentionShape, backward: number): Common => {
    const { batch, heads, width, keys, queries, causal, stride, scale, mask, dropout } = fullAttention(shape);
    const perThread = exports.attentionScratch(queries, keys, width, backward);
    return [
      offsetOrZero(mask),
      context.scratchFloats(perThread * exports.threadCount()),
      stride,
      batch,
      heads,
      queries,
      keys,
      width,
      causal ? 1 : 0,
      scale,
      keepThreshold(dropout?.rate ?? 0),
      1 / (1 - (dropout?.rate ?? 0)),
      dropout?.seed ?? 0,
      dropout?.counter ?? 0,
    ];
  };
  return {
    attention: (out, q, k, v, stats, shape) =>
      exports.attention(out.offset, q.offset, k.offset, v.offset, stats.offset, ...commonOf(shape, 0)),
    attentionGradient: (out, gradient, output, q, k, v, stats, shape) =>
      exports.attentionGradient(
        out.q.offset,
        out.k.offset,
        out.v.offset,
        gradient.offset,
        output.offset,
        q.offset,
        k.offset,
        v.offset,
        stats.offset,
        ...commonOf(shape, 1),
      ),
  };
}
