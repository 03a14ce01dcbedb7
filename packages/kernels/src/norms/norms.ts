import { PlatformError } from "@sequitur/core";
import { type Floats } from "../block.js";
import { needs, needsSizes } from "../checks.js";

/** Sizes of a norm over rows. */
export interface NormShape {
  readonly rows: number;
  readonly width: number;
  /** Added to the variance (layer norm) or mean square (RMS norm); default 1e-5. */
  readonly epsilon?: number;
}

/** `epsilon` when none is given. */
export const NORM_EPSILON = 1e-5;

/** Gradients of a layer norm, all replaced. */
export interface LayerNormGradients {
  /** (rows, width); may be `gradient`. */
  readonly x: Floats;
  /** (width). */
  readonly gain: Floats;
  /** (width). */
  readonly bias: Floats;
}

/** Norms over rows, with their gradients. */
export interface NormKernels {
  /**
   * out = (x - mean) / sqrt(variance + epsilon) * gain + bias for each row (Ba et al. 2016, eq. 3). `stats` (rows, 2)
   * receives mean and inverse deviation for the gradient. A row with a NaN becomes NaN.
   */
  readonly layerNorm: (out: Floats, x: Floats, gain: Floats, bias: Floats, stats: Floats, shape: NormShape) => void;
  /** The gradients of `layerNorm`, given that of its output (rows, width). */
  readonly layerNormGradient: (
    out: LayerNormGradients,
    gradient: Floats,
    x: Floats,
    gain: Floats,
    stats: Floats,
    shape: NormShape,
  ) => void;
  /** out = x / sqrt(mean square + epsilon) * gain (Zhang & Sennrich 2019, eq. 4). `stats` (rows, 2) as above. */
  readonly rmsNorm: (out: Floats, x: Floats, gain: Floats, stats: Floats, shape: NormShape) => void;
  /** The gradients of `rmsNorm`. */
  readonly rmsNormGradient: (
    out: Pick<LayerNormGradients, "x" | "gain">,
    gradient: Floats,
    x: Floats,
    gain: Floats,
    stats: Floats,
    shape: NormShape,
  ) => void;
}

/** The kernels with their shapes checked first. */
export function checkedNorms(body: NormKernels): NormKernels {
  return {
    layerNorm: (out, x, gain, bias, stats, shape) => {
      checkForward("layerNorm", out, x, gain, stats, shape);
      needs(bias, shape.width, "layerNorm: bias (width)");
      body.layerNorm(out, x, gain, bias, stats, shape);
    },
    layerNormGradient: (out, gradient, x, gain, stats, shape) => {
      checkForward("layerNormGradient", out.x, x, gain, stats, shape);
      needs(gradient, shape.rows * shape.width, "layerNormGradient: gradient (rows, width)");
      needs(out.gain, shape.width, "layerNormGradient: out.gain (width)");
      needs(out.bias, shape.width, "layerNormGradient: out.bias (width)");
      body.layerNormGradient(out, gradient, x, gain, stats, shape);
    },
    rmsNorm: (out, x, gain, stats, shape) => {
      checkForward("rmsNorm", out, x, gain, stats, shape);
      body.rmsNorm(out, x, gain, stats, shape);
    },
    rmsNormGradient: (out, gradient, x, gain, stats, shape) => {
      checkForward("rmsNormGradient", out.x, x, gain, stats, shape);
      needs(gradient, shape.rows * shape.width, "rmsNormGradient: gradient (rows, width)");
      needs(out.gain, shape.width, "rmsNormGradient: out.gain (width)");
      body.rmsNormGradient(out, gradient, x, gain, stats, shape);
    },
  };
}

function checkForward(
  op: keyof NormKernels,
  out: Floats,
  x: Floats,
  gain: Floats,
  stats: Floats,
  shape: NormShape,
): void {
  const { rows, width, epsilon = NORM_EPSILON } = shape;
  needsSizes(op, { rows, width });
  needs(out, rows * width, "out (rows, width)", op);
  needs(x, rows * width, "x (rows, width)", op);
  needs(gain, width, "gain (width)", op);
  needs(stats, 2 * rows, "stats (rows, 2)", op);
  if (!(epsilon >= 0)) throw new PlatformError("bad-config", `${op}: epsilon must be at least 0, got ${epsilon}.`);
}
