import { expect, it } from "vitest";
import { type Floats } from "../block.js";
import { eachEngine, expectClose, sameBitsOnAnyThreads, type Stage } from "../each-engine.js";

interface State {
  p: number;
  m: number;
  v: number;
}

/** One element's step, straight from the papers, in float64. */
const STEPS = {
  adam: (s: State, g: number, t: number): State => {
    const m = 0.8 * s.m + 0.2 * g;
    const v = 0.95 * s.v + 0.05 * g * g;
    const step = m / (1 - 0.8 ** t) / (Math.sqrt(v / (1 - 0.95 ** t)) + 1e-6);
    return { p: s.p - 0.01 * step - 0.01 * 0.1 * s.p, m, v };
  },
  momentum: (s: State, g: number): State => {
    const m = 0.9 * s.m + g + 0.02 * s.p;
    return { ...s, p: s.p - 0.01 * m, m };
  },
  sgd: (s: State, g: number): State => ({ ...s, p: s.p - 0.01 * g }),
  adagrad: (s: State, g: number): State => {
    const m = s.m + g * g;
    return { ...s, p: s.p - (0.01 * g) / (Math.sqrt(m) + 1e-10), m };
  },
} as const;

type Rows = Parameters<Stage["kernels"]["adam"]>[5];

function step(
  kind: keyof typeof STEPS,
  stage: Stage,
  p: Floats,
  g: Floats,
  m: Floats,
  v: Floats,
  t: number,
  rows?: Rows,
): void {
  const { kernels } = stage;
  const adam = { learningRate: 0.01, decay: 0.1, step: t, beta1: 0.8, beta2: 0.95, epsilon: 1e-6 };
  if (kind === "adam") kernels.adam(p, g, m, v, adam, rows);
  else if (kind === "momentum") kernels.sgd(p, g, m, { learningRate: 0.01, momentum: 0.9, l2: 0.02 }, rows);
  else if (kind === "sgd") kernels.sgd(p, g, null, { learningRate: 0.01 }, rows);
  else kernels.adagrad(p, g, m, { learningRate: 0.01 }, rows);
}

eachEngine("optimisers", (stage) => {
  for (const kind of ["adam", "momentum", "sgd", "adagrad"] as const) {
    it(`${kind}: five dense steps`, () => {
      for (const length of [0, 1, 6, 1027, 20_001]) {
        const { random, floats } = stage();
        const [p, m, v] = [random(length), floats(new Float32Array(length)), floats(new Float32Array(length))];
        let want = Array.from(p.array, (value): State => ({ p: value, m: 0, v: 0 }));
        for (let t = 1; t <= 5; t++) {
          const g = random(length);
          step(kind, stage(), p, g, m, v, t);
          want = want.map((state, i) => STEPS[kind](state, g.array[i], t));
        }
        expectClose(
          p.array,
          want.map((state) => state.p),
          3e-6,
        );
      }
    });

    it(`${kind}: a sparse step touches its rows alone`, () => {
      for (const width of [1, 5, 64]) {
        const { random, floats, memory } = stage();
        const [p, m, v] = [
          random(40 * width),
          floats(new Float32Array(40 * width)),
          floats(new Float32Array(40 * width)),
        ];
        let want = Array.from(p.array, (value): State => ({ p: value, m: 0, v: 0 }));
        for (const [t, list] of [
          [1, [3, 39, 0]],
          [2, [7]],
          [3, [39, 3]],
        ] as const) {
          const g = random(list.length * width);
          step(kind, stage(), p, g, m, v, t, { indices: memory.intsFrom([...list, 99]), count: list.length, width });
          want = want.map((state, at) => {
            const row = (list as readonly number[]).indexOf(Math.floor(at / width));
            return row < 0 ? state : STEPS[kind](state, g.array[row * width + (at % width)], t);
          });
        }
        expectClose(
          p.array,
          want.map((state) => state.p),
          2e-6,
        );
        if (kind === "adam")
          expectClose(
            m.array,
            want.map((state) => state.m),
            1e-6,
          );
      }
    });
  }

  it("clips by the common norm, and leaves small and broken gradients alone", () => {
    const { floats, kernels } = stage();
    const [a, b] = [floats([3, 0, 0]), floats([0, 4])];
    expect(kernels.clipByNorm([a, b], 10)).toBeCloseTo(5, 6);
    expect([...a.array, ...b.array]).toEqual([3, 0, 0, 0, 4]);
    expect(kernels.clipByNorm([a, b], 1)).toBeCloseTo(5, 6);
    expectClose([...a.array, ...b.array], [0.6, 0, 0, 0, 0.8], 1e-6);
    const broken = floats([Number.NaN, 5]);
    expect(kernels.clipByNorm([broken], 1)).toBeNaN();
    expect(broken.array[1]).toBe(5);
    expect(kernels.clipByNorm([], 1)).toBe(0);
  });

  it("refuses sizes and options that do not fit", () => {
    const { random, kernels, memory } = stage();
    const call = (size: number, learningRate: number, t: number) => () =>
      kernels.adam(random(4), random(size), random(4), random(4), { learningRate, step: t });
    expect(call(3, 0.1, 1)).toThrow("adam: gradient must hold 4 elements, got 3.");
    expect(call(4, Number.NaN, 1)).toThrow("learningRate must be finite");
    expect(call(4, 0.1, 0)).toThrow("step must be an integer of at least 1");
    expect(() => kernels.sgd(random(4), random(4), null, { learningRate: 1, momentum: 0.5 })).toThrow("sgd: velocity");
    const rows = { indices: memory.intsFrom([0, 2]), count: 2, width: 2 };
    expect(() => kernels.sgd(random(4), random(4), null, { learningRate: 1 }, rows)).toThrow(
      "sgd: every row must be in [0, 2), got 2 at 1.",
    );
  });
});

sameBitsOnAnyThreads("adam", ({ kernels, random, floats }) => {
  const [p, m, v] = [random(50_001), floats(new Float32Array(50_001)), floats(new Float32Array(50_001))];
  for (let t = 1; t < 4; t++) kernels.adam(p, random(50_001), m, v, { learningRate: 0.01, step: t });
  return p.array;
});
