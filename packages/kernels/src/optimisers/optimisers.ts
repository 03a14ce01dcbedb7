import { PlatformError } from "@sequitur/core";
import { type Floats, type Ints } from "../block.js";
import { needs, needsSizes } from "../checks.js";

/** What every optimiser takes. With g the gradient, p the parameter: g += l2 * p, then the step, then the decay. */
export interface StepOptions {
  /** Learning rate. */
  readonly learningRate: number;
  /** Decoupled weight decay (Loshchilov & Hutter 2019, alg. 2): p -= learningRate * decay * p. Default 0. */
  readonly decay?: number;
  /** L2 penalty inside the gradient. Default 0. */
  readonly l2?: number;
}

/** Adam (Kingma & Ba 2015, alg. 1); with `decay` it is AdamW. */
export interface AdamOptions extends StepOptions {
  /** Steps taken, this one included: 1 at the first. */
  readonly step: number;
  /** Default 0.9. */
  readonly beta1?: number;
  /** Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
}

/** Stochastic gradient descent: v = momentum * v + g, p -= learningRate * v. */
export interface SgdOptions extends StepOptions {
  /** Default 0, and then no velocity is needed. */
  readonly momentum?: number;
}

/** Adagrad (Duchi et al. 2011): s += g^2, p -= learningRate * g / (sqrt(s) + epsilon). */
export interface AdagradOptions extends StepOptions {
  /** Default 1e-10. */
  readonly epsilon?: number;
}

/**
 * Which rows of a table a sparse step touches: the parameter and its state keep every other row as it is (lazy moments).
 * The gradient is dense, (count, width), row i for table row indices[i].
 */
export interface SparseRows {
  /** Distinct table rows; the step is undefined where one repeats. See `uniqueIndices`. */
  readonly indices: Ints;
  /** How many of `indices` count. */
  readonly count: number;
  readonly width: number;
}

/** Optimiser steps, in place. State blocks start as zeros and have the size of the parameter. */
export interface OptimiserKernels {
  /** One Adam step; `m` and `v` are the moments. */
  readonly adam: (
    out: Floats,
    gradient: Floats,
    m: Floats,
    v: Floats,
    options: AdamOptions,
    rows?: SparseRows | null,
  ) => void;
  /** One step of gradient descent; `velocity` may be null without momentum. */
  readonly sgd: (
    out: Floats,
    gradient: Floats,
    velocity: Floats | null,
    options: SgdOptions,
    rows?: SparseRows | null,
  ) => void;
  /** One Adagrad step; `accumulator` holds the sum of squares. */
  readonly adagrad: (
    out: Floats,
    gradient: Floats,
    accumulator: Floats,
    options: AdagradOptions,
    rows?: SparseRows | null,
  ) => void;
  /**
   * Scales the gradients together so that their L2 norm is at most `limit`, and returns the norm before. A norm that is
   * not finite changes nothing: the caller decides.
   */
  readonly clipByNorm: (out: readonly Floats[], limit: number) => number;
}

/** What the shared check needs besides the kernels: the test of indices. */
type IndexTest = (indices: Ints, low: number, high: number) => number;

/** The kernels with their shapes and options checked first. */
export function checkedOptimisers(body: OptimiserKernels, firstOutside: IndexTest): OptimiserKernels {
  const check = (op: string, out: Floats, gradient: Floats, options: StepOptions, rows?: SparseRows | null): void => {
    const { learningRate, decay = 0, l2 = 0 } = options;
    if (!(Number.isFinite(learningRate) && decay >= 0 && l2 >= 0)) {
      throw new PlatformError(
        "bad-config",
        `${op}: learningRate must be finite, decay and l2 at least 0, got ${learningRate}, ${decay} and ${l2}.`,
      );
    }
    if (rows === undefined || rows === null) {
      if (gradient.length !== out.length || out.length < 0) needs(gradient, out.length, "gradient", op);
      return;
    }
    checkRows(op, out, gradient, rows, firstOutside);
  };
  return {
    adam: (out, gradient, m, v, options, rows) => {
      check("adam", out, gradient, options, rows);
      needs(m, out.length, "adam: m");
      needs(v, out.length, "adam: v");
      if (!(Number.isInteger(options.step) && options.step >= 1)) {
        throw new PlatformError("bad-config", `adam: step must be an integer of at least 1, got ${options.step}.`);
      }
      body.adam(out, gradient, m, v, options, rows);
    },
    sgd: (out, gradient, velocity, options, rows) => {
      check("sgd", out, gradient, options, rows);
      if ((options.momentum ?? 0) !== 0) needs(velocity ?? { length: 0 }, out.length, "sgd: velocity");
      body.sgd(out, gradient, velocity, options, rows);
    },
    adagrad: (out, gradient, accumulator, options, rows) => {
      check("adagrad", out, gradient, options, rows);
      needs(accumulator, out.length, "adagrad: accumulator");
      body.adagrad(out, gradient, accumulator, options, rows);
    },
    clipByNorm: (out, limit) => {
      for (const block of out) needs(block, 0, "clipByNorm: gradient");
      if (!(limit > 0)) throw new PlatformError("bad-config", `clipByNorm: limit must be above 0, got ${limit}.`);
      return body.clipByNorm(out, limit);
    },
  };
}

function checkRows(op: string, out: Floats, gradient: Floats, rows: SparseRows, firstOutside: IndexTest): void {
  const { indices, count, width } = rows;
  needsSizes(op, { count, width });
  needs(out, 0, "parameter", op);
  needs(indices, count, "indices (count)", op);
  needs(gradient, count * width, "gradient (count, width)", op);
  const tableRows = width === 0 ? 0 : Math.floor(out.length / width);
  const place = firstOutside(indices, 0, tableRows);
  if (place < 0 || place >= count) return;
  throw new PlatformError(
    "bad-config",
    `${op}: every row must be in [0, ${tableRows}), got ${indices.array[place]} at ${place}.`,
  );
}
