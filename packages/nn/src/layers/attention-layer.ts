import { glorotUniform, uniform } from "../initializers.js";
import { packedAttention } from "../ops/attention.js";
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
}

/** x (B, L, D), mask (B, L) int32 with 1 where a position is real -> (B, L, D). */
export type SequenceLayer = (x: tf.Tensor3D, pass: Pass, mask?: tf.Tensor2D) => tf.Tensor3D;

/**
 * Multi-head self-attention with its maps (Vaswani et al. 2017, sec. 3.2). Scopes: in, from x to queries, keys and values
 * side by side, whose one product costs less than three; and out.
 */
export function attentionLayer(scope: Scope, options: AttentionLayerOptions): SequenceLayer {
  const { width, heads, causal = false, dropout = 0, rotary = false, bias = true } = options;
  // The Glorot bound of three square matrices, not of the one that holds them.
  const initializer = uniform(Math.sqrt(3 / width));
  const toAll = linearLayer(scope.scope("in"), { inputs: width, outputs: 3 * width, bias, initializer });
  const toOut = linearLayer(scope.scope("out"), { inputs: width, outputs: width, bias, initializer: glorotUniform });
  return (x, pass, mask) => {
    const key = dropoutKey(dropout, pass);
    const all = toAll(x) as tf.Tensor3D;
    const turned = rotary ? rotate(all, { heads: 3 * heads, turned: 2 * heads }) : all;
    const mixed = packedAttention(turned, { heads, causal, ...(mask && { mask }), ...(key && { dropout: key }) });
    return toOut(mixed) as tf.Tensor3D;
  };
}
