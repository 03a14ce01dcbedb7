import { type Floats } from "../block.js";
import { NORM_EPSILON, type NormKernels, type NormShape } from "./norms.js";

/** Plain norms in float64. */
export function referenceNorms(): NormKernels {
  return {
    layerNorm: (out, x, gain, bias, stats, shape) => forward(out, x, gain, bias, stats, shape),
    layerNormGradient: (out, gradient, x, gain, stats, shape) =>
      backward(out.x, out.gain, out.bias, gradient, x, gain, stats, shape),
    rmsNorm: (out, x, gain, stats, shape) => forward(out, x, gain, null, stats, shape),
    rmsNormGradient: (out, gradient, x, gain, stats, shape) =>
      backward(out.x, out.gain, null, gradient, x, gain, stats, shape),
  };
}

/** Without a bias the mean is taken as 0: the RMS norm. */
function forward(out: Floats, x: Floats, gain: Floats, bias: Floats | null, stats: Floats, shape: NormShape): void {
  const { rows, width, epsilon = NORM_EPSILON } = shape;
  for (let row = 0; row < rows; row++) {
    const values = x.array.subarray(row * width, (row + 1) * width);
    let mean = 0;
    for (const value of values) mean += bias === null ? 0 : value / width;
    let variance = 0;
    for (const value of values) variance += (value - mean) ** 2 / width;
    const inverse = 1 / Math.sqrt(variance + epsilon);
    stats.array[2 * row] = mean;
    stats.array[2 * row + 1] = inverse;
    for (let j = 0; j < width; j++) {
      const shift = bias === null ? 0 : bias.array[j];
      out.array[row * width + j] = (values[j] - mean) * inverse * gain.array[j] + shift;
    }
  }
}

function backward(
  outX: Floats,
  outGain: Floats,
  outBias: Floats | null,
  gradient: Floats,
  x: Floats,
  gain: Floats,
  stats: Floats,
  shape: NormShape,
): void {
  const { rows, width } = shape;
  const gains = new Float64Array(width);
  const biases = new Float64Array(width);
  for (let row = 0; row < rows; row++) {
    const [mean, inverse] = [stats.array[2 * row], stats.array[2 * row + 1]];
    let pull = 0;
    let tilt = 0;
    for (let j = 0; j < width; j++) {
      const at = row * width + j;
      const standard = (x.array[at] - mean) * inverse;
      gains[j] += gradient.array[at] * standard;
      biases[j] += gradient.array[at];
      pull += (gradient.array[at] * gain.array[j]) / width;
      tilt += (gradient.array[at] * gain.array[j] * standard) / width;
    }
    if (outBias === null) pull = 0;
    for (let j = 0; j < width; j++) {
      const at = row * width + j;
      const standard = (x.array[at] - mean) * inverse;
      outX.array[at] = (gradient.array[at] * gain.array[j] - pull - standard * tilt) * inverse;
    }
  }
  outGain.array.set(gains);
  outBias?.array.set(biases);
}
