import { expect, it } from "vitest";
import { Random } from "@sequitur/core";
import { eachEngine, expectClose, sameBitsOnAnyThreads } from "../each-engine.js";

const WIDTHS = [0, 1, 3, 16, 64, 70];

eachEngine("embedding", (stage) => {
  it("gathers rows, and zeros for padding", () => {
    for (const width of WIDTHS) {
      const { random, stale, kernels, memory } = stage();
      const draws = new Random(width);
      const table = random(50 * width);
      const indices = Int32Array.from({ length: 997 }, () => draws.integer(51) - 1);
      const out = stale(997 * width);
      kernels.gather(out, table, memory.intsFrom(indices), width);
      const want = Array.from({ length: 997 * width }, (_, at) => {
        const index = indices[Math.floor(at / width)];
        return index < 0 ? 0 : table.array[index * width + (at % width)];
      });
      expectClose(out.array, want, 0);
    }
  });

  it("scatter-adds rows, repeated ones too, and leaves the rest", () => {
    for (const width of WIDTHS) {
      const { random, kernels, memory } = stage();
      const draws = new Random(width);
      const indices = Int32Array.from({ length: 997 }, () => draws.integer(30) - 1);
      const [x, out] = [random(997 * width), random(60 * width)];
      const want = Float64Array.from(out.array);
      for (let at = 0; at < x.length; at++) {
        const index = indices[Math.floor(at / width)];
        if (index >= 0) want[index * width + (at % width)] += x.array[at];
      }
      kernels.scatterAdd(out, x, memory.intsFrom(indices), width);
      expectClose(out.array, want, 1e-5);
    }
  });

  it("numbers distinct indices by first appearance, again and again", () => {
    const { kernels, memory } = stage();
    const [out, places] = [memory.ints(7), memory.ints(7)];
    for (let turn = 0; turn < 3; turn++) {
      expect(kernels.uniqueIndices(out, places, memory.intsFrom([5, 2, 5, -1, 0, 2, 9]), 10)).toBe(4);
      expect([...out.array.subarray(0, 4)]).toEqual([5, 2, 0, 9]);
      expect([...places.array]).toEqual([0, 1, 0, -1, 2, 1, 3]);
    }
    expect(kernels.uniqueIndices(out, places, memory.intsFrom([]), 0)).toBe(0);
  });

  it("refuses indices out of range before it touches anything", () => {
    const { kernels, memory, random, stale } = stage();
    const out = stale(15);
    for (const [place, bad] of [
      [0, 5],
      [2, -2],
      [4, 2_000_000_000],
    ] as const) {
      const indices = memory.intsFrom([1, 0, 2, -1, 4]);
      indices.array[place] = bad;
      expect(() => kernels.gather(out, random(15), indices, 3)).toThrow(
        `gather: every index must be in [0, 5) or -1 for padding, got ${bad} at ${place}.`,
      );
      expect(() => kernels.scatterAdd(out, random(15), indices, 3)).toThrow("scatterAdd: every index");
      expect(() => kernels.uniqueIndices(memory.ints(5), memory.ints(5), indices, 5)).toThrow("uniqueIndices");
    }
    expect(out.array.every((value) => value === 7.5)).toBe(true);
    expect(() => kernels.gather(stale(5), random(15), memory.intsFrom([1, 1]), 3)).toThrow("gather: out (n, width)");
  });
});

sameBitsOnAnyThreads("scatterAdd", ({ kernels, memory, random }) => {
  const draws = new Random("rows");
  const indices = memory.intsFrom(Int32Array.from({ length: 5000 }, () => draws.integer(40)));
  const out = random(40 * 70);
  kernels.scatterAdd(out, random(5000 * 70), indices, 70);
  return out.array;
});
