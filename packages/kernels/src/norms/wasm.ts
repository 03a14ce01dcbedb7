import { type Floats } from "../block.js";
import { offsetOrZero, type WasmContext } from "../wasm-context.js";
import { NORM_EPSILON, type NormKernels, type NormShape } from "./norms.js";

interface NormExports {
  readonly norm: (
    out: number,
    x: number,
    gain: number,
    bias: number,
    stats: number,
    rows: number,
    width: number,
    centred: number,
    epsilon: number,
  ) => void;
  readonly normChunks: (rows: number, width: number) => number;
  readonly normGradient: (
    out: number,
    gainOut: number,
    biasOut: number,
    gradient: number,
    x: number,
    gain: number,
    stats: number,
    partials: number,
    rows: number,
    width: number,
    centred: number,
  ) => void;
}

interface Gradients {
  readonly x: Floats;
  readonly gain: Floats;
  readonly bias?: Floats;
}

/** Compiled norms (assembly/norms.ts). */
export function wasmNorms(context: WasmContext): NormKernels {
  const exports = context.exports as unknown as NormExports;
  const forward =
    (centred: number) =>
    (out: Floats, x: Floats, gain: Floats, bias: Floats | null, stats: Floats, shape: NormShape): void => {
      const { rows, width, epsilon = NORM_EPSILON } = shape;
      const shift = offsetOrZero(bias);
      exports.norm(out.offset, x.offset, gain.offset, shift, stats.offset, rows, width, centred, epsilon);
    };
  const backward =
    (centred: number) =>
    (out: Gradients, gradient: Floats, x: Floats, gain: Floats, stats: Floats, shape: NormShape): void => {
      const { rows, width } = shape;
      const partials = context.scratchFloats(exports.normChunks(rows, width) * 2 * width);
      exports.normGradient(
        out.x.offset,
        out.gain.offset,
        offsetOrZero(out.bias),
        gradient.offset,
        x.offset,
        gain.offset,
        stats.offset,
        partials,
        rows,
        width,
        centred,
      );
    };
  const rms = forward(0);
  return {
    layerNorm: forward(1),
    layerNormGradient: backward(1),
    rmsNorm: (out, x, gain, stats, shape) => rms(out, x, gain, null, stats, shape),
    rmsNormGradient: backward(0),
  };
}
