import { depositRowGradient, rowAnchor } from "../row-gradients.js";
import { tf } from "../tensors.js";
import { differentiable } from "./differentiable.js";
import { checkInt, lastAxis } from "./shapes.js";

/** Rows of the table as stock operations: see `embedding`. */
export function composedEmbedding(table: tf.Tensor2D, indices: tf.Tensor): tf.Tensor {
  return lookup(table, indices, gatherOrZero, scatterRows);
}

/** How rows are read and, for the gradient, summed into a table. */
type Gather = (table: tf.Tensor2D, rows: tf.Tensor1D) => tf.Tensor2D;
type Scatter = (values: tf.Tensor2D, rows: tf.Tensor1D, size: number) => tf.Tensor2D;

/** The tape's view of a look-up: on a dense table its scattered gradient, on a sparse one a deposit of rows. */
export function lookup(table: tf.Tensor2D, indices: tf.Tensor, gather: Gather, scatter: Scatter): tf.Tensor {
  checkInt("indices", indices);
  const [size, width] = table.shape;
  const flat = tf.reshape(indices, [indices.size]) as tf.Tensor1D;
  const anchor = rowAnchor(table);
  const rows = differentiable<tf.Tensor2D>(
    [anchor ?? table],
    (save) => {
      save([flat]);
      return gather(table, flat);
    },
    (dy, saved) => {
      if (anchor === undefined) return scatter(dy, saved[0] as tf.Tensor1D, size);
      depositRowGradient(table, saved[0], dy);
      return tf.scalar(0);
    },
  );
  return tf.reshape(rows, [...indices.shape, width]);
}

function gatherOrZero(table: tf.Tensor2D, rows: tf.Tensor1D): tf.Tensor2D {
  const present = tf.cast(tf.greaterEqual(rows, 0), "float32");
  return tf.mul(tf.gather(table, tf.maximum(rows, tf.scalar(0, "int32"))), tf.expandDims(present, 1));
}

/** Sums rows into (size, D) by scatterND: the segment sum of the stock CPU backend loops over all segments. */
export function scatterRows(values: tf.Tensor2D, rows: tf.Tensor1D, size: number): tf.Tensor2D {
  // Skipped rows land in one more row, which is cut off.
  const target = tf.where(tf.less(rows, 0), tf.fill(rows.shape, size, "int32"), rows);
  const sums = tf.scatterND(tf.expandDims(target, 1), values, [size + 1, lastAxis(values)]);
  return tf.slice(sums as tf.Tensor2D, [0, 0], [size, lastAxis(values)]);
}

/**
 * Rows of a table: (N, D), int32 (...) -> (..., D). A negative index gives zeros and has no gradient. The gradient of a
 * sparse table goes to its optimiser as rows, that of any other is dense.
 */
export function embedding(table: tf.Tensor2D, indices: tf.Tensor): tf.Tensor {
  return composedEmbedding(table, indices);
}

/** Sums rows (n, D) by place into (size, D), in order; negative places are skipped. */
export function sumRows(values: tf.Tensor2D, places: tf.Tensor1D, size: number): tf.Tensor2D {
  return scatterRows(values, places, size);
}
