import { activeSequitur, type SequiturBackend } from "../backend/sequitur-backend.js";
import { depositRowGradient, rowAnchor } from "../row-gradients.js";
import { tf } from "../tensors.js";
import { differentiable } from "./differentiable.js";
import { checkInt, checkShape, lastAxis } from "./shapes.js";

/**
 * Rows of a table: (N, D), int32 (...) -> (..., D). Index -1 is padding: it gives zeros and has no gradient. The
 * gradient of a sparse table goes to its optimiser as rows, that of any other is dense.
 */
export function embedding(table: tf.Tensor2D, indices: tf.Tensor): tf.Tensor {
  const backend = activeSequitur();
  if (backend === undefined) return composedEmbedding(table, indices);
  return lookUp(table, indices, (t, rows) => gatherBlocks(backend, t, rows), sumRows);
}

/** Rows of a matrix, such as each sequence's last state: x (M, D), rows (n) int32 -> (n, D); row -1 gives zeros. */
export function takeRows(x: tf.Tensor2D, rows: tf.Tensor1D): tf.Tensor2D {
  return embedding(x, rows) as tf.Tensor2D;
}

/** Sums rows (n, D) by place into (size, D), in their order; place -1 is skipped. Has no gradient of its own. */
export function sumRows(values: tf.Tensor2D, places: tf.Tensor1D, size: number): tf.Tensor2D {
  const backend = activeSequitur();
  if (backend === undefined) return tf.tidy(() => scatterRows(values, places, size));
  const out = backend.output([size, lastAxis(values)]);
  backend.kernels.fill(out.block, 0);
  backend.kernels.scatterAdd(out.block, backend.floats(values), backend.ints(places), lastAxis(values));
  return out.tensor as tf.Tensor2D;
}

/** Rows of the table as stock operations: see `embedding`. */
export function composedEmbedding(table: tf.Tensor2D, indices: tf.Tensor): tf.Tensor {
  return lookUp(table, indices, gatherOrZero, scatterRows);
}

/** How rows are read and, for the gradient, summed into a table. */
type Gather = (table: tf.Tensor2D, rows: tf.Tensor1D) => tf.Tensor2D;
type Scatter = (values: tf.Tensor2D, rows: tf.Tensor1D, size: number) => tf.Tensor2D;

/** The tape's view of a look-up: on a dense table its scattered gradient, on a sparse one a deposit of rows. */
function lookUp(table: tf.Tensor2D, indices: tf.Tensor, gather: Gather, scatter: Scatter): tf.Tensor {
  checkShape("table", table, [-1, -1]);
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
    (dy, [places]) => {
      if (anchor === undefined) return scatter(dy, places as tf.Tensor1D, size);
      depositRowGradient(table, places, dy);
      return tf.scalar(0);
    },
  );
  return tf.reshape(rows, [...indices.shape, width]);
}

function gatherBlocks(backend: SequiturBackend, table: tf.Tensor2D, rows: tf.Tensor1D): tf.Tensor2D {
  const out = backend.output([rows.size, table.shape[1]]);
  backend.kernels.gather(out.block, backend.floats(table), backend.ints(rows), table.shape[1]);
  return out.tensor as tf.Tensor2D;
}

function gatherOrZero(table: tf.Tensor2D, rows: tf.Tensor1D): tf.Tensor2D {
  const present = tf.cast(tf.greaterEqual(rows, 0), "float32");
  return tf.mul(tf.gather(table, tf.maximum(rows, tf.scalar(0, "int32"))), tf.expandDims(present, 1));
}

/** By scatterND, since the segment sum of the stock CPU backend loops over all segments. */
function scatterRows(values: tf.Tensor2D, rows: tf.Tensor1D, size: number): tf.Tensor2D {
  // Skipped rows land in one more row, which is cut off.
  const target = tf.where(tf.less(rows, 0), tf.fill(rows.shape, size, "int32"), rows);
  const sums = tf.scatterND(tf.expandDims(target, 1), values, [size + 1, lastAxis(values)]);
  return tf.slice(sums as tf.Tensor2D, [0, 0], [size, lastAxis(values)]);
}
