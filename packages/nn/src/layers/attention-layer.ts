import { glorotUniform, type Initializer } from "../initializers.js";
import { attention } from "../ops/attention.js";
import { dropoutKey } from "../ops/dropout.js";
import { rotate } from "../ops/rotary.js";
import { type Scope } from "../parameters.js";
import { type Pass } from "../pass.js";
import { type tf } from "../tensors.js";
import { linearLayer } from "./linear-layer.js";

export interface AttentionLayerOptions {
  /** D */
  readonly width: number;
  /** H; divides D. */
  readonly heads: number;
  /** Position i sees positions up to i only. Default false. */
  readonly causal?: boolean;
  /** Attention weights dropped in training, in [0, 1). Default 0. */
  readonly dropout?: number;
  /** Turn queries and keys by their position (rotary positions). Default false. */
  readonly rotary?: boolean;
  /** Biases in the maps. Default true. */
  readonly bias?: boolean;
  /** Of the map "out". Default: Glorot's, as of the others. */
  readonly outInitializer?: Initializer;
}

/** x (B, L, D), mask (B, L) int32 with 1 where a position is real -> (B, L, D). */
export type SequenceLayer = (x: tf.Tensor3D, pass: Pass, mask?: tf.Tensor2D) => tf.Tensor3D;

/**
 * Multi-head self-attention with its four maps (Vaswani et al. 2017, sec. 3.2). Scopes: query, key, value, out. Three maps
 * of width D are faster here than one of 3D: 6.7 against 8.5 ms for the gradients at 6400 x 64.
 */
export function attentionLayer(scope: Scope, options: AttentionLayerOptions): SequenceLayer {
  const { width, heads, causal = false, dropout = 0, rotary = false, bias = true } = options;
  const map = (name: string, initializer = glorotUniform): ((x: tf.Tensor) => tf.Tensor3D) => {
    const apply = linearLayer(scope.scope(name), { inputs: width, outputs: width, bias, initializer });
    return (x) => apply(x) as tf.Tensor3D;
  };
  const [toQuery, toKey, toValue] = [map("query"), map("key"), map("value")];
  const toOut = map("out", options.outInitializer);
  const turned = (x: tf.Tensor3D): tf.Tensor3D => (rotary ? rotate(x, { heads }) : x);
  return (x, pass, mask) => {
    const key = dropoutKey(dropout, pass);
    const options = { heads, causal, ...(mask && { mask }), ...(key && { dropout: key }) };
    return toOut(attention(turned(toQuery(x)), turned(toKey(x)), toValue(x), options));
  };
}
