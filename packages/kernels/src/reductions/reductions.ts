import { type Floats, type Ints } from "../block.js";
import { needs, needsSizes } from "../checks.js";

/** Sums and extremes. NaN spreads through sums and is passed over by `rowMax` and `rowArgmax`. */
export interface ReductionKernels {
  /** Sum of all elements; 0 when there are none. */
  readonly sum: (x: Floats) => number;
  /** Sum of all squares: the square of the L2 norm. */
  readonly sumOfSquares: (x: Floats) => number;
  /** out (rows) = sum of each row of x (rows, width). */
  readonly rowSums: (out: Floats, x: Floats, rows: number, width: number) => void;
  /** out (rows) = mean of each row; NaN where width is 0. */
  readonly rowMeans: (out: Floats, x: Floats, rows: number, width: number) => void;
  /** out (rows) = largest of each row; -infinity where there is no number. */
  readonly rowMax: (out: Floats, x: Floats, rows: number, width: number) => void;
  /** out (rows) = first place of the largest of each row; -1 where there is no number. */
  readonly rowArgmax: (out: Ints, x: Floats, rows: number, width: number) => void;
  /** out (width) = sum over the rows; `accumulate` adds it to what is there. */
  readonly columnSums: (out: Floats, x: Floats, rows: number, width: number, accumulate?: boolean) => void;
}

/** The kernels with their shapes checked first. */
export function checkedReductions(body: ReductionKernels): ReductionKernels {
  type Row = "rowSums" | "rowMeans" | "rowMax";
  const checkedRow = (name: Row): ReductionKernels["rowSums"] => {
    const kernel = body[name];
    return (out, x, rows, width) => {
      needsSizes(name, { rows, width });
      needs(out, rows, "out (rows)", name);
      needs(x, rows * width, "x (rows, width)", name);
      kernel(out, x, rows, width);
    };
  };
  return {
    sum: (x) => {
      needs(x, 0, "sum: x");
      return body.sum(x);
    },
    sumOfSquares: (x) => {
      needs(x, 0, "sumOfSquares: x");
      return body.sumOfSquares(x);
    },
    rowSums: checkedRow("rowSums"),
    rowMeans: checkedRow("rowMeans"),
    rowMax: checkedRow("rowMax"),
    rowArgmax: (out, x, rows, width) => {
      needsSizes("rowArgmax", { rows, width });
      needs(out, rows, "rowArgmax: out (rows)");
      needs(x, rows * width, "rowArgmax: x (rows, width)");
      body.rowArgmax(out, x, rows, width);
    },
    columnSums: (out, x, rows, width, accumulate) => {
      needsSizes("columnSums", { rows, width });
      needs(out, width, "columnSums: out (width)");
      needs(x, rows * width, "columnSums: x (rows, width)");
      body.columnSums(out, x, rows, width, accumulate);
    },
  };
}
