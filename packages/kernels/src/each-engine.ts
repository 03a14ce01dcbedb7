// The shared stage of the kernel tests: every kernel's body runs over its compiled form, with one thread and with
// two, and over its plain twin.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Random } from "@sequitur/core";
import { type Floats } from "./block.js";
import { startEngine, type Engine } from "./engine.js";
import { type Kernels } from "./kernels.js";
import { type Memory } from "./memory.js";

/** What a test body gets: one engine under test and seeded data in its memory. */
export interface Stage {
  readonly engine: Engine;
  readonly kernels: Kernels;
  readonly memory: Memory;
  /** Uniform floats in [low, high). */
  readonly random: (length: number, low?: number, high?: number) => Floats;
  /** A copy of these numbers. */
  readonly floats: (values: ArrayLike<number>) => Floats;
  /** A block full of 7.5, so that an element nobody wrote shows. */
  readonly stale: (length: number) => Floats;
}

/** Test files run side by side and ask for more threads than there are cores: let idle ones sleep soon. */
const SPINS = 1000;

/** Registers `body` once per engine; `body` registers its `it`s. */
export function eachEngine(name: string, body: (stage: () => Stage) => void): void {
  for (const [label, options] of [
    ["wasm, 1 thread", { provider: "wasm", threads: 1 }],
    ["wasm, 2 threads", { provider: "wasm", threads: 2, spins: SPINS }],
    ["reference", { provider: "reference" }],
  ] as const) {
    describe(`${name} (${label})`, () => {
      let engine: Engine;
      let stage: Stage;
      beforeAll(async () => {
        engine = startEngine(options);
        stage = stageOf(engine);
        await engine.ready();
      });
      afterAll(() => engine.close());
      body(() => stage);
    });
  }
}

/** Test data in the memory of `engine`. */
export function stageOf(engine: Engine): Stage {
  const { memory, kernels } = engine;
  const random = new Random("kernel tests");
  return {
    engine,
    kernels,
    memory,
    random: (length, low = -1, high = 1) =>
      memory.floatsFrom(Float32Array.from({ length }, () => low + (high - low) * random.uniform())),
    floats: (values) => memory.floatsFrom(values),
    stale: (length) => memory.floatsFrom(new Float32Array(length).fill(7.5)),
  };
}

let compared: readonly Engine[] | undefined;

/** Started once per test file; their helpers do not keep the process alive. */
function comparedEngines(): readonly Engine[] {
  return (compared ??= [1, 3].map((threads) => startEngine({ provider: "wasm", threads, spins: SPINS })));
}

/** Runs `compute` on one and on three threads and expects the very same bits. */
export function sameBitsOnAnyThreads(name: string, compute: (stage: Stage) => Float32Array): void {
  it(`${name}: the same bits on 1 and 3 threads`, async () => {
    const results: Float32Array[] = [];
    for (const engine of comparedEngines()) {
      await engine.ready();
      results.push(compute(stageOf(engine)).slice());
    }
    const [first, ...others] = results.map((result) => new Uint32Array(result.buffer));
    for (const other of others) expect(other).toEqual(first);
  });
}

/** Expects |actual - expected| <= tolerance * (1 + |expected|) for every element; NaN and infinity must match. */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  for (let at = 0; at < expected.length; at++) {
    const [got, want] = [actual[at], expected[at]];
    const close = Number.isFinite(want)
      ? Math.abs(got - want) <= tolerance * (1 + Math.abs(want))
      : Object.is(got, want);
    if (!close) expect.fail(`element ${at}: expected ${want}, got ${got}`);
  }
}

/** The gradient of `f` at `x` by central differences in float64. */
export function numericGradient(f: (x: Float64Array) => number, x: ArrayLike<number>, step = 1e-5): Float64Array {
  const point = Float64Array.from(x);
  return Float64Array.from(point, (value, at) => {
    point[at] = value + step;
    const above = f(point);
    point[at] = value - step;
    const below = f(point);
    point[at] = value;
    return (above - below) / (2 * step);
  });
}
