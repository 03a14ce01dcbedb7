import { expect, it } from "vitest";
import { ACTIVATIONS, savesInput, type Activation } from "../activations/activations.js";
import { eachEngine, expectClose, numericGradient, sameBitsOnAnyThreads } from "../each-engine.js";

const DEFINITIONS: Record<Activation, (x: number) => number> = {
  none: (x) => x,
  relu: (x) => Math.max(x, 0),
  gelu: (x) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
  silu: (x) => x / (1 + Math.exp(-x)),
  leakyRelu: (x) => Math.max(x, 0) + 0.01 * Math.min(x, 0),
  tanh: Math.tanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
};

interface Parts {
  readonly x: ArrayLike<number>;
  readonly weight: ArrayLike<number>;
  readonly bias: ArrayLike<number>;
}

function affine({ x, weight, bias }: Parts, rows: number, inputs: number, outputs: number): number[] {
  return Array.from({ length: rows * outputs }, (_, at) => {
    const [row, j] = [Math.floor(at / outputs), at % outputs];
    let sum = bias[j];
    for (let i = 0; i < inputs; i++) sum += x[row * inputs + i] * weight[i * outputs + j];
    return sum;
  });
}

eachEngine("linear", (stage) => {
  for (const activation of ACTIVATIONS) {
    it(`${activation}: value and gradients`, () => {
      for (const [rows, inputs, outputs] of [
        [1, 1, 1],
        [7, 5, 3],
        [6, 8, 13],
      ] as const) {
        const { random, stale, kernels } = stage();
        const shape = { rows, inputs, outputs, activation };
        const [x, weight, bias] = [random(rows * inputs), random(inputs * outputs), random(outputs)];
        const [out, input, upstream] = [stale(rows * outputs), stale(rows * outputs), random(rows * outputs)];
        kernels.linear(out, x, weight, bias, shape, savesInput(activation) ? input : null);
        const parts = { x: x.array, weight: weight.array, bias: bias.array };
        expectClose(out.array, affine(parts, rows, inputs, outputs).map(DEFINITIONS[activation]), 2e-6);

        const gradients = { x: stale(x.length), weight: stale(weight.length), bias: stale(bias.length) };
        kernels.linearGradient(gradients, upstream, x, weight, savesInput(activation) ? input : out, shape);
        const loss = (changed: Partial<Parts>): number =>
          affine({ ...parts, ...changed }, rows, inputs, outputs).reduce(
            (sum, z, at) => sum + upstream.array[at] * DEFINITIONS[activation](z),
            0,
          );
        expectClose(
          gradients.x.array,
          numericGradient((p) => loss({ x: p }), x.array),
          1e-5,
        );
        expectClose(
          gradients.weight.array,
          numericGradient((p) => loss({ weight: p }), weight.array),
          1e-5,
        );
        expectClose(
          gradients.bias.array,
          numericGradient((p) => loss({ bias: p }), bias.array),
          1e-5,
        );
      }
    });
  }

  it("adds to the parameters' gradients when asked, replaces that of x, and works without a bias", () => {
    const { random, stale, kernels } = stage();
    const shape = { rows: 9, inputs: 6, outputs: 5 };
    const [x, weight, upstream, out] = [random(54), random(30), random(45), stale(45)];
    kernels.linear(out, x, weight, null, shape);
    const parts = { x: x.array, weight: weight.array, bias: new Float32Array(5) };
    expectClose(out.array, affine(parts, 9, 6, 5), 1e-6);
    const once = { x: stale(54), weight: stale(30), bias: stale(5) };
    kernels.linearGradient(once, upstream, x, weight, out, shape);
    const twice = { x: stale(54), weight: stale(30), bias: stale(5) };
    kernels.linearGradient(twice, upstream, x, weight, out, shape);
    kernels.linearGradient({ ...twice, accumulate: true }, upstream, x, weight, out, shape);
    expectClose(twice.x.array, once.x.array, 0);
    expectClose(
      twice.weight.array,
      once.weight.array.map((value) => 2 * value),
      1e-6,
    );
    expectClose(
      twice.bias.array,
      once.bias.array.map((value) => 2 * value),
      1e-6,
    );
    const bias = stale(5);
    kernels.linearGradient({ bias }, upstream, x, weight, out, shape);
    expectClose(bias.array, once.bias.array, 0);
  });

  it("is well defined without rows", () => {
    const { stale, kernels } = stage();
    const shape = { rows: 0, inputs: 3, outputs: 2, activation: "relu" } as const;
    kernels.linear(stale(0), stale(0), stale(6), stale(2), shape);
    const out = { weight: stale(6), bias: stale(2) };
    kernels.linearGradient(out, stale(0), stale(0), stale(6), stale(0), shape);
    expect([...out.weight.array, ...out.bias.array]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it("names the shape that does not fit", () => {
    const { stale, kernels } = stage();
    const shape = { rows: 2, inputs: 3, outputs: 2 };
    expect(() => kernels.linear(stale(4), stale(5), stale(6), null, shape)).toThrow(
      "linear: x (rows, inputs) must hold 6 elements, got 5.",
    );
    expect(() => kernels.linear(stale(4), stale(6), stale(6), stale(1), shape)).toThrow("linear: bias (outputs)");
  });
});

sameBitsOnAnyThreads("linear and its gradients", ({ kernels, random, stale }) => {
  const shape = { rows: 700, inputs: 48, outputs: 40, activation: "relu" } as const;
  const [x, weight, bias] = [random(700 * 48), random(48 * 40), random(40)];
  const [out, all] = [stale(700 * 40), stale(700 * 48 + 48 * 40 + 40)];
  kernels.linear(out, x, weight, bias, shape);
  const parts = { x: all.part(0, 33_600), weight: all.part(33_600, 1920), bias: all.part(35_520, 40) };
  kernels.linearGradient(parts, random(700 * 40), x, weight, out, shape);
  return all.array;
});
