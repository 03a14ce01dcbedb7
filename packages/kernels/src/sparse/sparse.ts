import { PlatformError } from "@sequitur/core";
import { type Floats, type Ints } from "../block.js";
import { needs, needsIfGiven, needsIndices, needsSizes } from "../checks.js";

/** A sparse matrix in compressed rows: row r has the entries offsets[r] .. offsets[r + 1]. */
export interface CompressedRows {
  readonly rows: number;
  readonly columns: number;
  /** (rows + 1) ascending from 0. */
  readonly offsets: Ints;
  /** (entries) column of each entry, in any order; a column may repeat and then adds up. */
  readonly indices: Ints;
  /** (entries); absent: all ones. */
  readonly values?: Floats | undefined;
}

/** Sparse x dense products. The gradient of x is the same product with the transposed matrix. */
export interface SparseKernels {
  /** out = A x, or out += A x; x (columns, width), out (rows, width), which may not overlap x. */
  readonly sparseMatmul: (
    out: Floats,
    a: CompressedRows,
    x: Floats,
    shape: { readonly width: number; readonly accumulate?: boolean },
  ) => void;
  /** out[e] = grad[row of e] . x[column of e]: the gradient of the values; grad (rows, width), out (entries). */
  readonly sparseValuesGradient: (
    out: Floats,
    a: CompressedRows,
    grad: Floats,
    x: Floats,
    shape: { readonly width: number },
  ) => void;
}

/** The kernels with their shapes checked first; a matrix is checked entry by entry the first time it is seen. */
export function checkedSparse(body: SparseKernels): SparseKernels {
  const known = new WeakSet<CompressedRows>();
  const check = (op: string, a: CompressedRows): void => {
    if (known.has(a)) return;
    checkRows(op, a);
    known.add(a);
  };
  return {
    sparseMatmul: (out, a, x, shape) => {
      needsSizes("sparseMatmul", { width: shape.width });
      check("sparseMatmul", a);
      needs(out, a.rows * shape.width, "sparseMatmul: out (rows x width)");
      needs(x, a.columns * shape.width, "sparseMatmul: x (columns x width)");
      body.sparseMatmul(out, a, x, shape);
    },
    sparseValuesGradient: (out, a, grad, x, shape) => {
      needsSizes("sparseValuesGradient", { width: shape.width });
      check("sparseValuesGradient", a);
      needs(out, a.offsets.array[a.rows], "sparseValuesGradient: out (entries)");
      needs(grad, a.rows * shape.width, "sparseValuesGradient: grad (rows x width)");
      needs(x, a.columns * shape.width, "sparseValuesGradient: x (columns x width)");
      body.sparseValuesGradient(out, a, grad, x, shape);
    },
  };
}

function checkRows(op: string, a: CompressedRows): void {
  needsSizes(op, { rows: a.rows, columns: a.columns });
  needs(a.offsets, a.rows + 1, `${op}: offsets (rows + 1)`);
  const offsets = a.offsets.array;
  for (let row = 0; row <= a.rows; row++) {
    if (row === 0 ? offsets[0] !== 0 : offsets[row] < offsets[row - 1]) {
      throw new PlatformError("bad-config", `${op}: offsets must ascend from 0, got ${offsets[row]} at ${row}.`);
    }
  }
  const entries = offsets[a.rows];
  needs(a.indices, entries, `${op}: indices (entries)`);
  needsIndices(a.indices.array, entries, a.columns, `${op}: indices`);
  needsIfGiven(a.values, entries, `${op}: values (entries)`);
}
