import { isSize, needs, needsSizes } from "../checks.js";
import { type Floats } from "../block.js";

/** Sizes of a matrix product (m x k) times (k x n); all matrices are row-major and dense. */
export interface MatmulShape {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** A is stored as (k, m). */
  readonly transposeA?: boolean;
  /** B is stored as (n, k). */
  readonly transposeB?: boolean;
  /** Adds to `out` instead of replacing it. */
  readonly accumulate?: boolean;
  /** Number of products; default 1. */
  readonly batch?: number;
  /** Elements from one A of the batch to the next; default m * k; 0 repeats one A. */
  readonly strideA?: number;
  /** Elements from one B of the batch to the next; default k * n; 0 repeats one B. */
  readonly strideB?: number;
  /** Elements from one result of the batch to the next; default m * n. */
  readonly strideOut?: number;
}

/** Dense matrix products. */
export interface MatmulKernels {
  /** out = op(A) op(B), (batch, m, n). NaN and infinity follow IEEE; k = 0 gives zeros. `out` overlaps neither input. */
  readonly matmul: (out: Floats, a: Floats, b: Floats, shape: MatmulShape) => void;
}

/** A shape with its defaults filled in. */
export type FullMatmulShape = Required<MatmulShape>;

/** Fills in the defaults. */
export function fullShape(shape: MatmulShape): FullMatmulShape {
  const { m, n, k } = shape;
  return {
    m,
    n,
    k,
    transposeA: shape.transposeA ?? false,
    transposeB: shape.transposeB ?? false,
    accumulate: shape.accumulate ?? false,
    batch: shape.batch ?? 1,
    strideA: shape.strideA ?? m * k,
    strideB: shape.strideB ?? k * n,
    strideOut: shape.strideOut ?? m * n,
  };
}

/** The kernels with their shapes checked first. */
export function checkedMatmul(body: MatmulKernels): MatmulKernels {
  return {
    matmul: (out, a, b, shape) => {
      const { m, n, k, batch = 1, strideA = m * k, strideB = k * n, strideOut = m * n } = shape;
      if (!(isSize(m) && isSize(n) && isSize(k))) needsSizes("matmul", { m, n, k });
      if (batch !== 1) {
        needsSizes("matmul", { batch, strideA, strideB, strideOut });
        if (strideOut < m * n) needs({ length: strideOut }, m * n, "matmul: strideOut");
      }
      needs(out, batch === 0 ? 0 : (batch - 1) * strideOut + m * n, "matmul: out (batch, m, n)");
      needs(a, batch === 0 ? 0 : (batch - 1) * strideA + m * k, "matmul: a (batch, m, k)");
      needs(b, batch === 0 ? 0 : (batch - 1) * strideB + k * n, "matmul: b (batch, k, n)");
      body.matmul(out, a, b, shape);
    },
  };
}
