import { expect, it } from "vitest";
import { startEngine } from "../engine.js";
import { eachEngine, stageOf } from "../each-engine.js";

eachEngine("dropout", (stage) => {
  const maskOf = (length: number, rate: number, seed: number, counter: number): Float32Array => {
    const { memory, kernels } = stage();
    const block = memory.floats(length);
    kernels.fill(block, 1);
    kernels.dropout(block, block, { rate, seed, counter });
    const mask = block.array.slice();
    memory.release(block);
    return mask;
  };

  it("keeps the asked share, scales it, and keeps nothing but those two values", () => {
    for (const rate of [0.1, 0.2, 0.5, 0.9]) {
      const mask = maskOf(200_003, rate, 7, 1);
      const kept = mask.filter((value) => value !== 0);
      expect(kept.every((value) => value === Math.fround(1 / (1 - rate)))).toBe(true);
      // Four standard deviations of a binomial share.
      expect(Math.abs(kept.length / mask.length - (1 - rate))).toBeLessThan(
        4 * Math.sqrt((rate * (1 - rate)) / mask.length),
      );
    }
    expect(maskOf(1001, 0, 7, 1).every((value) => value === 1)).toBe(true);
  });

  it("is the same for the same key, a prefix of longer ones, and independent of other keys and of neighbours", () => {
    const first = maskOf(50_000, 0.5, 1, 1);
    expect(maskOf(49_997, 0.5, 1, 1).every((value, i) => value === first[i])).toBe(true);
    const agreement = (other: Float32Array, shift = 0): number => {
      let same = 0;
      for (let i = 0; i + shift < other.length; i++) same += other[i + shift] === first[i] ? 1 : 0;
      return same / (other.length - shift);
    };
    for (const [seed, counter] of [
      [1, 2],
      [2, 1],
      [0, 1],
      [4_294_967_295, 0],
    ] as const) {
      expect(Math.abs(agreement(maskOf(50_000, 0.5, seed, counter)) - 0.5)).toBeLessThan(0.01);
    }
    for (const shift of [1, 2, 3, 4, 64]) expect(Math.abs(agreement(first, shift) - 0.5)).toBeLessThan(0.01);
  });

  it("passes values and gradients through the same mask", () => {
    const { random, stale, kernels } = stage();
    const key = { rate: 0.3, seed: 11, counter: 5 };
    const [x, gradient, out, outGradient] = [random(77), random(77), stale(77), stale(77)];
    kernels.dropout(out, x, key);
    kernels.dropout(outGradient, gradient, key);
    for (let i = 0; i < 77; i++) expect(out.array[i] === 0).toBe(outGradient.array[i] === 0);
    kernels.dropout(stale(0), stale(0), key);
  });

  it("refuses a rate or a key out of range", () => {
    const { random, kernels } = stage();
    const call = (rate: number, seed: number) => () =>
      kernels.dropout(random(2), random(2), { rate, seed, counter: 0 });
    expect(call(1, 0)).toThrow("rate must be in [0, 1), got 1.");
    expect(call(0.5, -1)).toThrow("unsigned 32-bit");
    expect(call(0.5, 0.5)).toThrow("unsigned 32-bit");
  });
});

it("dropout: the compiled mask is the plain one, bit by bit", async () => {
  const [compiled, plain] = [startEngine({ provider: "wasm", threads: 1 }), startEngine({ provider: "reference" })];
  const key = { rate: 0.37, seed: 0xdeadbeef, counter: 123_456 };
  const masks = [compiled, plain].map((engine) => {
    const { kernels, random } = stageOf(engine);
    const x = random(10_007);
    kernels.dropout(x, x, key);
    return x.array;
  });
  expect(masks[0]).toEqual(masks[1]);
  await compiled.close();
});
