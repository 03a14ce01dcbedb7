import { PlatformError } from "@sequitur/core";
import { type CompressedRows } from "@sequitur/kernels";
import { activeSequitur, type SequiturBackend } from "../backend/sequitur-backend.js";
import { tf } from "../tensors.js";
import { differentiable } from "./differentiable.js";
import { composedEmbedding, sumRows } from "./embedding.js";
import { checkShape } from "./shapes.js";

/** A sparse matrix by rows: row r has columns[offsets[r] .. offsets[r + 1]], with its values beside. */
export interface SparseRows {
  readonly rows: number;
  readonly columns: number;
  /** (rows + 1) */
  readonly offsets: Int32Array;
  /** (nnz) */
  readonly columnOf: Int32Array;
  /** (nnz) */
  readonly values: Float32Array;
}

/** A graph on the active backend: the matrix and its transpose, which the gradient multiplies by. */
export interface Graph {
  readonly rows: number;
  readonly columns: number;
  readonly forward: GraphTensors;
  readonly backward: GraphTensors;
  dispose(): void;
}

export interface GraphTensors {
  /** (rows + 1) int32, (nnz) int32, (nnz) int32 row of each value, (nnz) float32. */
  readonly offsets: tf.Tensor1D;
  readonly columnOf: tf.Tensor1D;
  readonly rowOf: tf.Tensor1D;
  readonly values: tf.Tensor1D;
}

/** Checks the matrix and puts it, with its transpose, on the active backend, where it stays until it is disposed. */
export function graph(matrix: SparseRows): Graph {
  checkSparseRows(matrix);
  const forward = graphTensors(matrix);
  const backward = graphTensors(transposeRows(matrix));
  const all = [...Object.values(forward), ...Object.values(backward)] as tf.Tensor[];
  for (const tensor of all) tf.keep(tensor);
  return { rows: matrix.rows, columns: matrix.columns, forward, backward, dispose: () => tf.dispose(all) };
}

/** A x: the values of a node's neighbours, weighted and summed: x (columns, D) -> (rows, D). */
export function graphConv(a: Graph, x: tf.Tensor2D): tf.Tensor2D {
  checkShape("x", x, [a.columns, -1]);
  const backend = activeSequitur();
  if (backend === undefined) return composedGraphConv(a, x);
  return differentiable<tf.Tensor2D>(
    [x],
    () => sparseProduct(backend, a.rows, a.columns, a.forward, x),
    (dy) => sparseProduct(backend, a.columns, a.rows, a.backward, dy),
  );
}

/** A matrix's entries are checked once for each object that describes it. */
const described = new WeakMap<GraphTensors, { readonly backend: SequiturBackend; readonly rows: CompressedRows }>();

function sparseProduct(
  backend: SequiturBackend,
  rows: number,
  columns: number,
  matrix: GraphTensors,
  x: tf.Tensor2D,
): tf.Tensor2D {
  let known = described.get(matrix);
  if (known?.backend !== backend) {
    const [offsets, indices] = [backend.ints(matrix.offsets), backend.ints(matrix.columnOf)];
    known = { backend, rows: { rows, columns, offsets, indices, values: backend.floats(matrix.values) } };
    described.set(matrix, known);
  }
  const width = x.shape[1];
  const out = backend.output([rows, width]);
  backend.kernels.sparseMatmul(out.block, known.rows, backend.floats(x), { width });
  return out.tensor as tf.Tensor2D;
}

/** A x as stock operations: see `graphConv`. */
export function composedGraphConv(a: Graph, x: tf.Tensor2D): tf.Tensor2D {
  const { rowOf, columnOf, values } = a.forward;
  // The gather and the scatter each have a gradient of their own, so their product needs no third one.
  const messages = tf.mul(composedEmbedding(x, columnOf), tf.expandDims(values, 1)) as tf.Tensor2D;
  return scatterWithGradient(messages, rowOf, a.rows);
}

function scatterWithGradient(messages: tf.Tensor2D, rowOf: tf.Tensor1D, rows: number): tf.Tensor2D {
  return differentiable<tf.Tensor2D>(
    [messages],
    (save) => {
      save([rowOf]);
      return sumRows(messages, rowOf, rows);
    },
    (dy, saved) => tf.gather(dy, saved[0]),
  );
}

function graphTensors(matrix: SparseRows): GraphTensors {
  const rowOf = new Int32Array(matrix.columnOf.length);
  for (let r = 0; r < matrix.rows; r++) rowOf.fill(r, matrix.offsets[r], matrix.offsets[r + 1]);
  return {
    offsets: tf.tensor1d(matrix.offsets, "int32"),
    columnOf: tf.tensor1d(matrix.columnOf, "int32"),
    rowOf: tf.tensor1d(rowOf, "int32"),
    values: tf.tensor1d(matrix.values, "float32"),
  };
}

/** The transpose, columns ascending within each row, so that its sums have one order. */
export function transposeRows(matrix: SparseRows): SparseRows {
  const { rows, columns, offsets, columnOf, values } = matrix;
  const next = new Int32Array(columns + 1);
  for (const column of columnOf) next[column + 1] += 1;
  for (let c = 0; c < columns; c++) next[c + 1] += next[c];
  const transposed = {
    rows: columns,
    columns: rows,
    offsets: next.slice(),
    columnOf: new Int32Array(columnOf.length),
    values: new Float32Array(values.length),
  };
  for (let r = 0; r < rows; r++) {
    for (let at = offsets[r]; at < offsets[r + 1]; at++) {
      const to = next[columnOf[at]]++;
      transposed.columnOf[to] = r;
      transposed.values[to] = values[at];
    }
  }
  return transposed;
}

/**
 * The adjacency of undirected pairs with both degrees divided out, D^-1/2 A D^-1/2 (LightGCN, He et al. 2020, eq. 3).
 * Nodes 0 .. nodes - 1; a pair given twice counts twice.
 */
export function normalisedAdjacency(nodes: number, from: Int32Array, to: Int32Array): SparseRows {
  if (from.length !== to.length) {
    throw new PlatformError("bad-data", `edges need as many ends as starts, got ${from.length} and ${to.length}.`);
  }
  const offsets = new Int32Array(nodes + 1);
  for (const ends of [from, to]) {
    for (const node of ends) {
      if (!(node >= 0 && node < nodes)) {
        throw new PlatformError("bad-data", `node must be in [0, ${nodes}), got ${node}.`);
      }
      offsets[node + 1] += 1;
    }
  }
  const degrees = offsets.subarray(1).slice();
  for (let node = 0; node < nodes; node++) offsets[node + 1] += offsets[node];
  const columnOf = new Int32Array(offsets[nodes]);
  const values = new Float32Array(offsets[nodes]);
  const next = offsets.slice();
  for (let edge = 0; edge < from.length; edge++) {
    const a = from[edge];
    const b = to[edge];
    const weight = 1 / Math.sqrt(degrees[a] * degrees[b]);
    columnOf[next[a]] = b;
    values[next[a]++] = weight;
    columnOf[next[b]] = a;
    values[next[b]++] = weight;
  }
  return { rows: nodes, columns: nodes, offsets, columnOf, values };
}

function checkSparseRows({ rows, columns, offsets, columnOf, values }: SparseRows): void {
  const nonZeros = columnOf.length;
  if (offsets.length !== rows + 1 || offsets[0] !== 0 || offsets[rows] !== nonZeros || values.length !== nonZeros) {
    throw new PlatformError(
      "bad-data",
      `a sparse matrix of ${rows} rows needs ${rows + 1} offsets from 0 to the number of columns and values, ` +
        `got ${offsets.length} offsets to ${offsets.at(-1)}, ${nonZeros} columns, ${values.length} values.`,
    );
  }
  for (let r = 0; r < rows; r++) {
    if (offsets[r] > offsets[r + 1]) throw new PlatformError("bad-data", `offsets must not fall, row ${r} does.`);
  }
  for (const column of columnOf) {
    if (!(column >= 0 && column < columns)) {
      throw new PlatformError("bad-data", `column must be in [0, ${columns}), got ${column}.`);
    }
  }
}
