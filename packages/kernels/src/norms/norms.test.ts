import { expect, it } from "vitest";
import { eachEngine, expectClose, numericGradient, sameBitsOnAnyThreads } from "../each-engine.js";

/** Both norms from their papers, in float64; without a bias the RMS norm. */
function define(
  x: ArrayLike<number>,
  gain: ArrayLike<number>,
  bias: ArrayLike<number> | null,
  width: number,
): number[] {
  const out: number[] = [];
  for (let row = 0; row * width < x.length; row++) {
    const values = Array.from({ length: width }, (_, j) => x[row * width + j]);
    const mean = bias === null ? 0 : values.reduce((sum, value) => sum + value, 0) / width;
    const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / width + 1e-5);
    for (let j = 0; j < width; j++) out.push(((values[j] - mean) / spread) * gain[j] + (bias === null ? 0 : bias[j]));
  }
  return out;
}

const SIZES = [
  [0, 4],
  [1, 1],
  [2, 3],
  [5, 8],
  [3, 17],
  [900, 64],
] as const;

eachEngine("norms", (stage) => {
  it("layerNorm and rmsNorm agree with their definitions", () => {
    for (const [rows, width] of SIZES) {
      const { random, stale, kernels } = stage();
      const [x, gain, bias] = [random(rows * width, -3, 5), random(width), random(width)];
      const [out, stats] = [stale(rows * width), stale(2 * rows)];
      kernels.layerNorm(out, x, gain, bias, stats, { rows, width });
      expectClose(out.array, define(x.array, gain.array, bias.array, width), 1e-5);
      kernels.rmsNorm(out, x, gain, stats, { rows, width });
      expectClose(out.array, define(x.array, gain.array, null, width), 1e-5);
    }
  });

  it("gradients agree with differences", () => {
    for (const [rows, width] of [
      [1, 2],
      [4, 9],
      [3, 16],
    ] as const) {
      const { random, stale, kernels } = stage();
      const [x, gain, bias, upstream] = [random(rows * width), random(width), random(width), random(rows * width)];
      const [out, stats, outX, outGain, outBias] = [
        stale(x.length),
        stale(2 * rows),
        stale(x.length),
        stale(width),
        stale(width),
      ];
      const loss = (a: ArrayLike<number>, g: ArrayLike<number>, b: ArrayLike<number> | null): number =>
        define(a, g, b, width).reduce((sum, value, at) => sum + value * upstream.array[at], 0);

      kernels.layerNorm(out, x, gain, bias, stats, { rows, width });
      const gradients = { x: outX, gain: outGain, bias: outBias };
      kernels.layerNormGradient(gradients, upstream, x, gain, stats, { rows, width });
      expectClose(
        outX.array,
        numericGradient((p) => loss(p, gain.array, bias.array), x.array),
        2e-4,
      );
      expectClose(
        outGain.array,
        numericGradient((p) => loss(x.array, p, bias.array), gain.array),
        2e-5,
      );
      expectClose(
        outBias.array,
        numericGradient((p) => loss(x.array, gain.array, p), bias.array),
        1e-5,
      );

      kernels.rmsNorm(out, x, gain, stats, { rows, width });
      kernels.rmsNormGradient({ x: outX, gain: outGain }, upstream, x, gain, stats, { rows, width });
      expectClose(
        outX.array,
        numericGradient((p) => loss(p, gain.array, null), x.array),
        2e-4,
      );
      expectClose(
        outGain.array,
        numericGradient((p) => loss(x.array, p, null), gain.array),
        2e-5,
      );
    }
  });

  it("spoils only the row with a NaN, and keeps a constant row finite", () => {
    const { floats, stale, kernels } = stage();
    const x = floats([1, 2, 3, 4, 5, Number.NaN, 7, 8, 9, 6, 6, 6, 6, 6, 6]);
    const [out, ones, zeros] = [stale(15), floats([1, 1, 1, 1, 1]), floats([0, 0, 0, 0, 0])];
    kernels.layerNorm(out, x, ones, zeros, stale(6), { rows: 3, width: 5 });
    expect([...out.array].map(Number.isNaN).indexOf(true)).toBe(5);
    expect(out.array.slice(0, 5).every(Number.isFinite)).toBe(true);
    expect([...out.array.subarray(10)]).toEqual([0, 0, 0, 0, 0]);
  });

  it("adds the parameters' gradients over many rows", () => {
    const { random, stale, kernels } = stage();
    const [rows, width] = [3000, 20];
    const [x, gain, bias, upstream] = [random(rows * width), random(width), random(width), random(rows * width)];
    const [out, stats, outX, outGain, outBias] = [
      stale(x.length),
      stale(2 * rows),
      stale(x.length),
      stale(width),
      stale(width),
    ];
    kernels.layerNorm(out, x, gain, bias, stats, { rows, width });
    kernels.layerNormGradient({ x: outX, gain: outGain, bias: outBias }, upstream, x, gain, stats, { rows, width });
    const standard = define(x.array, new Float32Array(width).fill(1), new Float32Array(width), width);
    const [gains, biases] = [new Float64Array(width), new Float64Array(width)];
    for (const [at, value] of standard.entries()) {
      gains[at % width] += value * upstream.array[at];
      biases[at % width] += upstream.array[at];
    }
    expectClose(outGain.array, gains, 1e-4);
    expectClose(outBias.array, biases, 1e-4);
  });

  it("names the shape that does not fit", () => {
    const { stale, kernels } = stage();
    const call = (stats: number, epsilon: number) => () =>
      kernels.layerNorm(stale(6), stale(6), stale(3), stale(3), stale(stats), { rows: 2, width: 3, epsilon });
    expect(call(3, 1e-5)).toThrow("layerNorm: stats (rows, 2) must hold 4 elements, got 3.");
    expect(call(4, -1)).toThrow("layerNorm: epsilon must be at least 0");
  });
});

sameBitsOnAnyThreads("layerNormGradient", ({ kernels, random, stale }) => {
  const [rows, width] = [2000, 48];
  const [x, gain, bias, all] = [random(rows * width), random(width), random(width), stale(rows * width + 2 * width)];
  const stats = stale(2 * rows);
  kernels.layerNorm(all.part(0, rows * width), x, gain, bias, stats, { rows, width });
  const parts = {
    x: all.part(0, rows * width),
    gain: all.part(rows * width, width),
    bias: all.part(rows * width + width, width),
  };
  kernels.layerNormGradient(parts, random(rows * width), x, gain, stats, { rows, width });
  return all.array;
});
