import { type Activation } from "@sequitur/kernels";
import { dropout } from "../ops/dropout.js";
import { zeros } from "../initializers.js";
import { type Scope } from "../parameters.js";
import { tf } from "../tensors.js";
import { attentionLayer, type AttentionLayerOptions, type SequenceLayer } from "./attention-layer.js";
import { linearLayer } from "./linear-layer.js";
import { normLayer, type NormKind } from "./norm-layer.js";

export interface TransformerOptions extends Omit<AttentionLayerOptions, "dropout"> {
  /** Width of the feed-forward part. Default: D. */
  readonly hidden?: number;
  /** Of the feed-forward part. Default "relu". */
  readonly activation?: Activation;
  /** Dropped from attention weights, from the hidden layer and from each part's result, in [0, 1). Default 0. */
  readonly dropout?: number;
  /** Where the norms stand: "pre", x + f(norm(x)), trains more easily; "post" is norm(x + f(x)). Default "pre". */
  readonly order?: "pre" | "post";
  /** Default "layer". */
  readonly norm?: NormKind;
  /** With "pre": whether a block's parts add nothing before training, so that it starts by passing on what it reads. Default false. */
  readonly startsAsIdentity?: boolean;
}

/** One block: attention, then a two-layer feed-forward map, each with its residual and norm. */
export function transformerBlock(scope: Scope, options: TransformerOptions): SequenceLayer {
  const {
    width,
    hidden = width,
    activation = "relu",
    dropout: dropoutRate = 0,
    order = "pre",
    norm = "layer",
  } = options;
  const nothing = options.startsAsIdentity === true ? zeros : undefined;
  const attend = attentionLayer(scope.scope("attention"), { ...options, ...(nothing && { outInitializer: nothing }) });
  const attendNorm = normLayer(scope.scope("attentionNorm"), width, norm);
  const widen = linearLayer(scope.scope("widen"), { inputs: width, outputs: hidden, activation });
  const narrow = linearLayer(scope.scope("narrow"), {
    inputs: hidden,
    outputs: width,
    ...(nothing && { initializer: nothing }),
  });
  const feedNorm = normLayer(scope.scope("feedNorm"), width, norm);
  return (x, pass, mask) => {
    const feed = (h: tf.Tensor3D): tf.Tensor =>
      dropout(narrow(dropout(widen(h), dropoutRate, pass)), dropoutRate, pass);
    const mix = (h: tf.Tensor3D): tf.Tensor => dropout(attend(h, pass, mask), dropoutRate, pass);
    if (order === "pre") {
      const h = tf.add(x, mix(attendNorm(x) as tf.Tensor3D)) as tf.Tensor3D;
      return tf.add(h, feed(feedNorm(h) as tf.Tensor3D)) as tf.Tensor3D;
    }
    const h = attendNorm(tf.add(x, mix(x))) as tf.Tensor3D;
    return feedNorm(tf.add(h, feed(h))) as tf.Tensor3D;
  };
}

export interface StackOptions extends TransformerOptions {
  readonly layers: number;
  /** With "pre": whether the stack ends with a norm; without one the caller norms what it makes of the result. Default true. */
  readonly lastNorm?: boolean;
}

/** A stack of blocks; with "pre" a norm at the end, which such a stack needs. Scopes: 0, 1, ..., norm. */
export function transformer(scope: Scope, options: StackOptions): SequenceLayer {
  const { layers, width, order = "pre", norm = "layer", lastNorm = true } = options;
  const blocks = Array.from({ length: layers }, (_, i) => transformerBlock(scope.scope(`${i}`), options));
  const last = order === "pre" && lastNorm ? normLayer(scope.scope("norm"), width, norm) : undefined;
  return (x, pass, mask) => {
    const h = blocks.reduce((h, block) => block(h, pass, mask), x);
    return last === undefined ? h : (last(h) as tf.Tensor3D);
  };
}
