import { PlatformError } from "@sequitur/core";
import { type DropoutKey, type Floats } from "@sequitur/kernels";
import { activeSequitur, type SequiturBackend } from "../backend/sequitur-backend.js";
import { tf } from "../tensors.js";
import { differentiable } from "./differentiable.js";
import { composedDropout } from "./dropout.js";
import { byteMask } from "./mask.js";
import { checkShape } from "./shapes.js";

export interface AttentionOptions {
  /** H; divides the width. */
  readonly heads: number;
  /** Position i sees positions up to i only. Default false. */
  readonly causal?: boolean;
  /** (B, L) int32: 1 where the key is real, 0 where it is padding. A query that sees no key gets zeros. */
  readonly mask?: tf.Tensor2D;
  /** Which attention weights are dropped. */
  readonly dropout?: DropoutKey;
}

/**
 * softmax(q k' / sqrt(D / H)) v, head by head: q, k, v (B, L, D), heads side by side in D -> (B, L, D)
 * (Vaswani et al. 2017, eq. 1).
 */
export function attention(
  query: tf.Tensor3D,
  key: tf.Tensor3D,
  value: tf.Tensor3D,
  options: AttentionOptions,
): tf.Tensor3D {
  const [batch, length, width] = query.shape;
  checkShape("key", key, query.shape);
  checkShape("value", value, query.shape);
  if (options.mask !== undefined) checkShape("mask", options.mask, [batch, length]);
  if (!(options.heads >= 1 && width % options.heads === 0)) {
    throw new PlatformError("bad-config", `heads must divide the width ${width}, got ${options.heads}.`);
  }
  const backend = activeSequitur();
  if (backend === undefined) return composedAttention(query, key, value, options);
  return fusedAttention(backend, query.shape, [query, key, value], options);
}

/** `attention` of queries, keys and values that lie side by side: x (B, L, 3D) -> (B, L, D). */
export function packedAttention(x: tf.Tensor3D, options: AttentionOptions): tf.Tensor3D {
  const [batch, length, packed] = x.shape;
  const width = packed / 3;
  if (options.mask !== undefined) checkShape("mask", options.mask, [batch, length]);
  if (!(options.heads >= 1 && Number.isInteger(width / options.heads))) {
    throw new PlatformError("bad-config", `heads must divide a third of the width ${packed}, got ${options.heads}.`);
  }
  const backend = activeSequitur();
  if (backend === undefined) return composedPackedAttention(x, options);
  return fusedAttention(backend, [batch, length, width], [x], options);
}

/** `inputs` are queries, keys and values, or the one tensor that holds them side by side. */
function fusedAttention(
  backend: SequiturBackend,
  [batch, length, width]: readonly number[],
  inputs: readonly tf.Tensor3D[],
  { heads, causal = false, mask, dropout }: AttentionOptions,
): tf.Tensor3D {
  const stride = inputs.length === 1 ? 3 * width : width;
  const parts = (blocks: readonly Floats[]): readonly Floats[] => {
    if (blocks.length === 3) return blocks;
    const [all] = blocks;
    return [0, 1, 2].map((part) => all.part(part * width, Math.max(0, all.length - part * width)));
  };
  const shapeWith = (visible: tf.Tensor | undefined) => ({
    batch,
    heads,
    width: width / heads,
    keys: length,
    causal,
    stride,
    mask: visible === undefined ? null : backend.bytes(visible),
    dropout: dropout ?? null,
  });
  return differentiable<tf.Tensor3D>(
    inputs,
    (save) => {
      const [out, stats] = [backend.output([batch, length, width]), backend.output([batch, heads, length])];
      const visible = mask && byteMask(mask);
      const [q, k, v] = parts(inputs.map((input) => backend.floats(input)));
      backend.kernels.attention(out.block, q, k, v, stats.block, shapeWith(visible));
      save([out.tensor, stats.tensor, ...inputs, ...(visible === undefined ? [] : [visible])]);
      return out.tensor as tf.Tensor3D;
    },
    (dy, [out, stats, ...rest]) => {
      const visible = mask === undefined ? undefined : rest.at(-1);
      const from = rest.slice(0, inputs.length);
      const gradients = from.map((input) => backend.output(input.shape));
      const [q, k, v] = parts(from.map((input) => backend.floats(input)));
      const [dq, dk, dv] = parts(gradients.map(({ block }) => block));
      const [gradient, output, saved] = [backend.floats(dy), backend.floats(out), backend.floats(stats)];
      const into = { q: dq, k: dk, v: dv };
      backend.kernels.attentionGradient(into, gradient, output, q, k, v, saved, shapeWith(visible));
      return gradients.map(({ tensor }) => tensor);
    },
  );
}

/** Attention of packed inputs as stock operations: see `packedAttention`. */
export function composedPackedAttention(x: tf.Tensor3D, options: AttentionOptions): tf.Tensor3D {
  const [query, key, value] = tf.split(x, 3, 2) as tf.Tensor3D[];
  return composedAttention(query, key, value, options);
}

const HIDDEN = -1e9;

/** Attention as stock operations: see `attention`. */
export function composedAttention(
  query: tf.Tensor3D,
  key: tf.Tensor3D,
  value: tf.Tensor3D,
  options: AttentionOptions,
): tf.Tensor3D {
  const [batch, length, width] = query.shape;
  const { heads, causal = false, mask, dropout } = options;
  const split = (x: tf.Tensor3D): tf.Tensor4D =>
    tf.transpose(tf.reshape(x, [batch, length, heads, width / heads]), [0, 2, 1, 3]);
  const scaled = tf.mul(split(query), Math.sqrt(heads / width));
  const scores = tf.matMul(scaled, split(key), false, true);
  const visible = visibility(batch, length, causal, mask);
  const hidden = tf.mul(tf.sub(1, visible), HIDDEN);
  let weights = tf.mul(tf.softmax(tf.add(scores, hidden)), visible);
  if (dropout !== undefined) weights = composedDropout(weights, dropout);
  const mixed = tf.matMul(weights, split(value));
  return tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [batch, length, width]);
}

/** (B, 1, L, L) or broadcastable to it: 1 where the query of the row may see the key of the column. */
function visibility(batch: number, length: number, causal: boolean, mask: tf.Tensor2D | undefined): tf.Tensor {
  let visible: tf.Tensor = tf.ones([1, 1, length, length]);
  if (causal) {
    const position = tf.range(0, length);
    visible = tf.cast(tf.greaterEqual(tf.expandDims(position, 1), tf.expandDims(position, 0)), "float32");
  }
  if (mask === undefined) return visible;
  return tf.mul(visible, tf.reshape(tf.cast(mask, "float32"), [batch, 1, 1, length]));
}
