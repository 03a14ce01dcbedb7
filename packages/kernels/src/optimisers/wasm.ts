import { type Floats } from "../block.js";
import { type ReductionKernels } from "../reductions/reductions.js";
import { offsetOrZero, type WasmContext } from "../wasm-context.js";
import { type OptimiserKernels, type SparseRows, type StepOptions } from "./optimisers.js";

interface OptimiserExports {
  readonly optimise: (
    code: number,
    parameter: number,
    gradient: number,
    first: number,
    second: number,
    indices: number,
    rows: number,
    width: number,
    learningRate: number,
    shrink: number,
    l2: number,
    a: number,
    b: number,
    epsilon: number,
    secondScale: number,
  ) => void;
  readonly scale: (out: number, x: number, factor: number, count: number) => void;
}

/** What differs between the optimisers: the codes of assembly/optimisers.ts, the state, and the constants. */
interface Step {
  readonly code: 0 | 1 | 2 | 3;
  readonly first: Floats | null;
  readonly second: Floats | null;
  /** The learning rate with its bias correction. */
  readonly learningRate: number;
  readonly a: number;
  readonly b: number;
  readonly epsilon: number;
  readonly secondScale: number;
}

/** Constants of a step that has none of its own. */
const PLAIN = { second: null, a: 0, b: 0, epsilon: 0, secondScale: 1 } as const;

/** Compiled optimiser steps (assembly/optimisers.ts). */
export function wasmOptimisers(context: WasmContext, { sumOfSquares }: ReductionKernels): OptimiserKernels {
  const exports = context.exports as unknown as OptimiserExports;
  const run = (
    step: Step,
    out: Floats,
    gradient: Floats,
    options: StepOptions,
    rows: SparseRows | null | undefined,
  ): void =>
    exports.optimise(
      step.code,
      out.offset,
      gradient.offset,
      offsetOrZero(step.first),
      offsetOrZero(step.second),
      offsetOrZero(rows?.indices),
      rows?.count ?? 1,
      rows?.width ?? out.length,
      step.learningRate,
      1 - options.learningRate * (options.decay ?? 0),
      options.l2 ?? 0,
      step.a,
      step.b,
      step.epsilon,
      step.secondScale,
    );
  return {
    adam: (out, gradient, m, v, options, rows) => {
      const { beta1: a = 0.9, beta2: b = 0.999, epsilon = 1e-8 } = options;
      const learningRate = options.learningRate / (1 - a ** options.step);
      const secondScale = 1 / Math.sqrt(1 - b ** options.step);
      run({ code: 3, first: m, second: v, learningRate, a, b, epsilon, secondScale }, out, gradient, options, rows);
    },
    sgd: (out, gradient, velocity, options, rows) => {
      const { momentum: a = 0, learningRate } = options;
      const code = a === 0 ? 0 : 1;
      run({ ...PLAIN, code, first: velocity, learningRate, a }, out, gradient, options, rows);
    },
    adagrad: (out, gradient, accumulator, options, rows) => {
      const { epsilon = 1e-10, learningRate } = options;
      run({ ...PLAIN, code: 2, first: accumulator, learningRate, epsilon }, out, gradient, options, rows);
    },
    clipByNorm: (out, limit) => {
      let squares = 0;
      for (const block of out) squares += sumOfSquares(block);
      const norm = Math.sqrt(squares);
      if (norm > limit && norm < Infinity) {
        for (const block of out) exports.scale(block.offset, block.offset, limit / norm, block.length);
      }
      return norm;
    },
  };
}
