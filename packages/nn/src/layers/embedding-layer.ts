import { unitRows, type Initializer } from "../initializers.js";
import { embedding } from "../ops/embedding.js";
import { type Scope } from "../parameters.js";
import { type tf } from "../tensors.js";

export interface EmbeddingOptions {
  /** N rows. */
  readonly size: number;
  /** D */
  readonly width: number;
  /** Update only the rows that a batch read; see ParameterOptions. Default false. */
  readonly sparse?: boolean;
  /** Default: normal, deviation 1 / sqrt(D). */
  readonly initializer?: Initializer;
}

export interface EmbeddingLayer {
  /** (N, D), also what losses and scoring take. */
  readonly table: tf.Tensor2D;
  /** (...) int32 -> (..., D); a negative index gives zeros and has no gradient. */
  readonly lookUp: (indices: tf.Tensor) => tf.Tensor;
}

/** A vector per item, user, category... Parameter: table (N, D). */
export function embeddingLayer(scope: Scope, options: EmbeddingOptions): EmbeddingLayer {
  const { size, width, sparse = false, initializer = unitRows } = options;
  const table = scope.create("table", [size, width], initializer, { sparse }) as tf.Tensor as tf.Tensor2D;
  return { table, lookUp: (indices) => embedding(table, indices) };
}
