import { activationCode, LEAKY_SLOPE } from "../activations/activations.js";
import { type GemmExports, packedFloats } from "../matmul/wasm.js";
import { offsetOrZero, type WasmContext } from "../wasm-context.js";
import { type LinearKernels } from "./linear.js";

interface LinearExports extends GemmExports {
  readonly activate: (out: number, x: number, count: number, code: number, slope: number) => void;
  readonly activationGradient: (
    out: number,
    gradient: number,
    saved: number,
    count: number,
    code: number,
    slope: number,
  ) => void;
  readonly columnChunks: (rows: number, width: number) => number;
  readonly columnSums: (
    out: number,
    x: number,
    rows: number,
    width: number,
    accumulate: number,
    partials: number,
  ) => void;
}

/** Compiled affine maps: a matrix product that starts from the bias, then the activation. */
export function wasmLinear(context: WasmContext): LinearKernels {
  const { gemm, activate, activationGradient, columnChunks, columnSums } = context.exports as unknown as LinearExports;
  return {
    linear: (out, x, weight, bias, shape, input) => {
      const { rows, inputs, outputs, activation = "none", slope = LEAKY_SLOPE } = shape;
      const before = input ?? out;
      const packed = context.scratchFloats(packedFloats(outputs, inputs, 1));
      const start = offsetOrZero(bias);
      gemm(before.offset, x.offset, weight.offset, packed, start, rows, outputs, inputs, 0, 0, 0, 1, 0, 0, 0);
      if (activation !== "none" || before !== out) {
        activate(out.offset, before.offset, rows * outputs, activationCode(activation), slope);
      }
    },
    linearGradient: (out, gradient, x, weight, saved, shape) => {
      const { rows, inputs, outputs, activation = "none", slope = LEAKY_SLOPE } = shape;
      const accumulate = out.accumulate === true ? 1 : 0;
      const inner = activation === "none" ? 0 : rows * outputs;
      const work = Math.max(
        out.x ? packedFloats(inputs, outputs, 1) : 0,
        out.weight ? packedFloats(outputs, rows, 1) : 0,
        out.bias ? columnChunks(rows, outputs) * outputs : 0,
      );
      const aligned = (inner + 15) & ~15;
      const scratch = context.scratchFloats(aligned + work);
      const packed = scratch + aligned * 4;
      const slopes = inner > 0 ? scratch : gradient.offset; // gradient of x W + b
      if (inner > 0) {
        activationGradient(slopes, gradient.offset, saved.offset, inner, activationCode(activation), slope);
      }
      if (out.weight) {
        gemm(out.weight.offset, x.offset, slopes, packed, 0, inputs, outputs, rows, 1, 0, accumulate, 1, 0, 0, 0);
      }
      if (out.bias) columnSums(out.bias.offset, slopes, rows, outputs, accumulate, packed);
      if (out.x) gemm(out.x.offset, slopes, weight.offset, packed, 0, rows, inputs, outputs, 0, 1, 0, 1, 0, 0, 0);
    },
  };
}
