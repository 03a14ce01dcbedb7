import { fanInUniform, zeros, type Initializer } from "../initializers.js";
import { type Activation } from "@sequitur/kernels";
import { dropout } from "../ops/dropout.js";
import { linear } from "../ops/linear.js";
import { type Scope } from "../parameters.js";
import { type Pass } from "../pass.js";
import { type tf } from "../tensors.js";

export interface LinearOptions {
  readonly inputs: number;
  readonly outputs: number;
  /** Default true. */
  readonly bias?: boolean;
  /** Default "none". */
  readonly activation?: Activation;
  /** Default: uniform, bound 1 / sqrt(inputs). */
  readonly initializer?: Initializer;
}

/** activation(x W + b): (..., inputs) -> (..., outputs). Parameters: weight (inputs, outputs), bias (outputs). */
export function linearLayer(scope: Scope, options: LinearOptions): (x: tf.Tensor) => tf.Tensor {
  const { inputs, outputs, bias = true, activation = "none", initializer = fanInUniform } = options;
  const weight = scope.create("weight", [inputs, outputs], initializer) as tf.Tensor as tf.Tensor2D;
  const shift = bias ? (scope.create("bias", [outputs], zeros) as tf.Tensor as tf.Tensor1D) : undefined;
  return (x) => linear(x, weight, { ...(shift && { bias: shift }), activation });
}

export interface MlpOptions {
  /** Input, hidden and output sizes; at least two. */
  readonly sizes: readonly number[];
  /** Between the maps; the last one has none. Default "relu". */
  readonly activation?: Activation;
  /** Dropped after each activation, in [0, 1). Default 0. */
  readonly dropout?: number;
}

/** Linear maps with activations between: (..., first size) -> (..., last size). */
export function mlp(scope: Scope, options: MlpOptions): (x: tf.Tensor, pass: Pass) => tf.Tensor {
  const { sizes, activation = "relu", dropout: dropoutRate = 0 } = options;
  const last = sizes.length - 2;
  const maps = sizes
    .slice(1)
    .map((outputs, i) =>
      linearLayer(scope.scope(`${i}`), { inputs: sizes[i], outputs, activation: i < last ? activation : "none" }),
    );
  return (x, pass) => maps.reduce((h, map, i) => (i < last ? dropout(map(h), dropoutRate, pass) : map(h)), x);
}
