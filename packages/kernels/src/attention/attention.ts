import { PlatformError } from "@sequitur/core";
import { type Bytes, type Floats } from "../block.js";
import { needs, needsIfGiven, needsSizes } from "../checks.js";
import { checkDropout, type DropoutKey } from "../dropout/dropout.js";

/** Sizes and options of an attention. */
export interface AttentionShape {
  readonly batch: number;
  readonly heads: number;
  /** Width of one head. */
  readonly width: number;
  /** Keys and values of a sequence. */
  readonly keys: number;
  /** Queries of a sequence; default `keys`. */
  readonly queries?: number;
  /** The last query sees all keys, the one before it all but one, and so on. Needs queries <= keys. Default false. */
  readonly causal?: boolean;
  /** Elements from one row of q, k and v to the next; default heads * width. 3 * heads * width reads a fused (q, k, v). */
  readonly stride?: number;
  /** What scores are multiplied with, above 0; default 1 / sqrt(width). */
  readonly scale?: number;
  /** (batch, keys), 0 where a key is padding and must not be looked at. */
  readonly mask?: Bytes | null;
  /** Dropout of the probabilities; default none. */
  readonly dropout?: DropoutKey | null;
}

/** Gradients of an attention, with the stride of the inputs, all replaced. */
export interface AttentionGradients {
  readonly q: Floats;
  readonly k: Floats;
  readonly v: Floats;
}

/** Multi-head attention (Vaswani et al. 2017, eq. 1) without ever holding all probabilities. */
export interface AttentionKernels {
  /**
   * out (batch, queries, heads * width) = softmax(q k' scale) v for each head. q (batch, queries, ...), k and v
   * (batch, keys, ...), head h at h * width of each row. A query that sees no key gets zeros. `stats` (batch, heads,
   * queries) receives what the gradient needs.
   */
  readonly attention: (out: Floats, q: Floats, k: Floats, v: Floats, stats: Floats, shape: AttentionShape) => void;
  /** The gradients of `attention`, given that of its output, and its `output` and `stats`. */
  readonly attentionGradient: (
    out: AttentionGradients,
    gradient: Floats,
    output: Floats,
    q: Floats,
    k: Floats,
    v: Floats,
    stats: Floats,
    shape: AttentionShape,
  ) => void;
}

/** A shape with its defaults filled in. */
export type FullAttentionShape = Required<AttentionShape>;

/** Fills in the defaults. */
export function fullAttention(shape: AttentionShape): FullAttentionShape {
  return {
    batch: shape.batch,
    heads: shape.heads,
    width: shape.width,
    keys: shape.keys,
    queries: shape.queries ?? shape.keys,
    causal: shape.causal ?? false,
    stride: shape.stride ?? shape.heads * shape.width,
    scale: shape.scale ?? 1 / Math.sqrt(shape.width),
    mask: shape.mask ?? null,
    dropout: shape.dropout ?? null,
  };
}

/** The kernels with their shapes checked first. */
export function checkedAttention(body: AttentionKernels): AttentionKernels {
  return {
    attention: (out, q, k, v, stats, shape) => {
      const { batch, heads, width, queries } = checkInputs("attention", q, k, v, stats, shape);
      needs(out, batch * queries * heads * width, "attention: out (batch, queries, heads * width)");
      body.attention(out, q, k, v, stats, shape);
    },
    attentionGradient: (out, gradient, output, q, k, v, stats, shape) => {
      const { batch, heads, width, queries } = checkInputs("attentionGradient", q, k, v, stats, shape);
      const size = batch * queries * heads * width;
      needs(gradient, size, "attentionGradient: gradient (batch, queries, heads * width)");
      needs(output, size, "attentionGradient: output (batch, queries, heads * width)");
      checkInputs("attentionGradient: out", out.q, out.k, out.v, stats, shape);
      body.attentionGradient(out, gradient, output, q, k, v, stats, shape);
    },
  };
}

function checkInputs(
  op: string,
  q: Floats,
  k: Floats,
  v: Floats,
  stats: Floats,
  shape: AttentionShape,
): FullAttentionShape {
  const full = fullAttention(shape);
  const { batch, heads, width, keys, queries, stride, scale, causal } = full;
  needsSizes(op, { batch, heads, width, keys, queries, stride });
  const row = heads * width;
  if (stride < row) needs({ length: stride }, row, "stride", op);
  // The last row of a sequence needs no room beyond its own elements.
  const span = (rows: number): number => (batch * rows === 0 ? 0 : (batch * rows - 1) * stride + row);
  needs(q, span(queries), "q (batch, queries, stride)", op);
  needs(k, span(keys), "k (batch, keys, stride)", op);
  needs(v, span(keys), "v (batch, keys, stride)", op);
  needs(stats, batch * heads * queries, "stats (batch, heads, queries)", op);
  needsIfGiven(full.mask, batch * keys, "attention: mask (batch, keys)");
  if (full.dropout !== null) checkDropout(op, full.dropout);
  if (causal && queries > keys) {
    throw new PlatformError("bad-config", `${op}: causal needs queries <= keys, got ${queries} and ${keys}.`);
  }
  if (!(scale > 0)) throw new PlatformError("bad-config", `${op}: scale must be above 0, got ${scale}.`);
  return full;
}
