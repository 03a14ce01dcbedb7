import { type Floats } from "../block.js";
import { needs, needsSizes } from "../checks.js";

/** Softmax over rows, with its gradient. `out` may be one of the inputs. */
export interface SoftmaxKernels {
  /**
   * out = e^x / sum(e^x) for each row of x (rows, width). -infinity gets 0; a row of only -infinity gives zeros; a row
   * with NaN or +infinity gives NaN.
   */
  readonly softmax: (out: Floats, x: Floats, rows: number, width: number) => void;
  /** out = y * (gradient - sum(gradient * y)) for each row; y is what `softmax` gave. */
  readonly softmaxGradient: (out: Floats, gradient: Floats, y: Floats, rows: number, width: number) => void;
}

/** The kernels with their shapes checked first. */
export function checkedSoftmax(body: SoftmaxKernels): SoftmaxKernels {
  return {
    softmax: (out, x, rows, width) => {
      needsSizes("softmax", { rows, width });
      needs(out, rows * width, "softmax: out (rows, width)");
      needs(x, rows * width, "softmax: x (rows, width)");
      body.softmax(out, x, rows, width);
    },
    softmaxGradient: (out, gradient, y, rows, width) => {
      needsSizes("softmaxGradient", { rows, width });
      needs(out, rows * width, "softmaxGradient: out (rows, width)");
      needs(gradient, rows * width, "softmaxGradient: gradient (rows, width)");
      needs(y, rows * width, "softmaxGradient: y (rows, width)");
      body.softmaxGradient(out, gradient, y, rows, width);
    },
  };
}
