import { Random } from "@sequitur/core";
import { expect, it } from "vitest";
import { type Words } from "../block.js";
import { eachEngine, expectClose } from "../each-engine.js";
import { type Memory } from "../memory.js";
import { normalAt, rowStream } from "./counter-normal.js";

/** The normals are float32: their last digits differ from those of `normalAt`. */
const NEAR = 3e-6;

function words(memory: Memory, values: readonly number[]): Words {
  const block = memory.words(values.length);
  block.array.set(values);
  return block;
}

eachEngine("drawn rows", (stage) => {
  it("are means plus scales times the normals of their places", () => {
    const { kernels, random, stale } = stage();
    for (const [count, key, row, from] of [
      [0, 1, 2, 0],
      [1, 0, 0, 0],
      [3, 5, 11, 7],
      [4, 0xffffffff, 0x7fffffff, 1],
      [30, 123, 0x70000000, 0],
      [1001, 0x80000000, 3, 4095],
    ] as const) {
      const [means, scales, out] = [random(count), random(count, 0, 2), stale(count + 1)];
      kernels.drawnRow(out, means, scales, { key, row, from, count });
      const stream = rowStream(key, row);
      const wanted = [...means.array].map((mean, at) => mean + scales.array[at] * normalAt(stream, from + at));
      expectClose(out.array, [...wanted, 7.5], 2 * NEAR);
      kernels.drawnRow(means, means, scales, { key, row, from, count });
      expect([...means.array]).toEqual([...out.array.subarray(0, count)]);
    }
  });

  it("are standard normal to the tails, and those of the twin there too", () => {
    const { kernels, memory } = stage();
    const count = 1 << 18;
    const [out, zeros, ones] = [memory.floats(count), memory.floats(count), memory.floats(count)];
    zeros.array.fill(0);
    ones.array.fill(1);
    kernels.drawnRow(out, zeros, ones, { key: 77, row: 5, count });
    const stream = rowStream(77, 5);
    const values = out.array;
    const farthest = values.reduce(
      (most, x, at) => Math.max(most, Math.abs(x - normalAt(stream, at)) / (1 + Math.abs(x))),
      0,
    );
    expect(farthest).toBeLessThan(NEAR);
    const meanOf = (of: (x: number) => number) => values.reduce((sum, x) => sum + of(x), 0) / count;
    for (const [power, moment, deviation] of [
      [1, 0, 1],
      [2, 1, Math.sqrt(2)],
      [3, 0, Math.sqrt(15)],
      [4, 3, Math.sqrt(96)],
    ]) {
      expect(Math.abs(meanOf((x) => x ** power) - moment)).toBeLessThan((4 * deviation) / Math.sqrt(count));
    }
    for (const [beyond, share] of [
      [1, 0.158655],
      [2, 0.0227501],
      [2.8, 0.00255513],
      [3, 0.0013499],
      [4, 3.16712e-5],
    ]) {
      for (const sign of [-1, 1]) {
        const found = meanOf((x) => (sign * x > beyond ? 1 : 0));
        expect(Math.abs(found - share)).toBeLessThan(4 * Math.sqrt(share / count) + 1 / count);
      }
    }
    expect(values.some((x) => Math.abs(x) > 4.3)).toBe(true);
  });
});

eachEngine("the nearest items under a draw", (stage) => {
  /** Every vector written out, then ranks by counting who is nearer. */
  const slowly = (
    z: Float32Array,
    table: Float32Array,
    items: readonly number[],
    key: number,
  ): { readonly item: number; readonly score: number }[] => {
    const width = z.length;
    const all = items.map((item) => {
      const [mean, scale] = [0, 1].map((part) =>
        table.subarray((2 * item + part) * width, (2 * item + part + 1) * width),
      );
      const drawn = [...mean].map((m, j) => m + scale[j] * normalAt(rowStream(key, item), j));
      return { item, score: -drawn.reduce((sum, v, j) => sum + (z[j] - v) ** 2, 0) };
    });
    const ranked: { item: number; score: number }[] = [];
    for (const one of all) {
      ranked[all.filter((x) => x.score > one.score || (x.score === one.score && x.item < one.item)).length] = one;
    }
    return ranked;
  };

  it.each([
    [0, 4, 2],
    [1, 4, 1],
    [2, 8, 5],
    [5, 28, 5],
    [63, 28, 1],
    [64, 4, 10],
    [601, 12, 3],
    [42, 28, 50],
    [2051, 4, 3],
  ])("are those of a slow search: %d items, width %d, k = %d", (n, width, k) => {
    const { kernels, memory, random } = stage();
    const table = random(2 * n * width, 0, 1);
    const keys = [0, 7, 0xfedcba98];
    const queries = random(keys.length * width);
    const shuffled = [...Array(n).keys()];
    new Random(`nearest ${n}`).shuffle(shuffled);
    for (const list of [undefined, shuffled.slice(0, Math.ceil(n / 3))]) {
      const [items, scores] = [memory.ints(keys.length * k), memory.floats(keys.length * k)];
      const candidates = list && memory.intsFrom(list);
      const shape = { draws: keys.length, n, width, k, candidates };
      kernels.nearestDrawn(items, scores, queries, words(memory, keys), table, shape);
      for (const [draw, key] of keys.entries()) {
        const z = queries.array.subarray(draw * width, (draw + 1) * width);
        const wanted = slowly(z, table.array, list ?? [...Array(n).keys()], key).slice(0, k);
        const none = Array<number>(k - wanted.length);
        const own = [draw * k, (draw + 1) * k] as const;
        expect([...items.array.subarray(...own)]).toEqual([...wanted.map(({ item }) => item), ...none.fill(-1)]);
        const wantedScores = [...wanted.map(({ score }) => score), ...none.fill(-Infinity)];
        expectClose(scores.array.subarray(...own), wantedScores, 2e-5);
      }
    }
  });

  it("tied come in the order of their numbers, and never with NaN", () => {
    const { kernels, memory } = stage();
    const [n, width, k] = [11, 4, 6];
    const table = memory.floats(2 * n * width);
    table.array.fill(0);
    for (const [item, mean] of [2, 1, 1, 3, 1, 1, 1, NaN, 1, 1, 1].entries()) table.array[2 * item * width] = mean;
    const z = memory.floatsFrom([0, 0, 0, 0]);
    const [items, scores] = [memory.ints(k), memory.floats(k)];
    const top = (list?: readonly number[]): number[] => {
      const candidates = list && memory.intsFrom(list);
      kernels.nearestDrawn(items, scores, z, words(memory, [1]), table, { draws: 1, n, width, k, candidates });
      return [...items.array].filter((item) => item >= 0);
    };
    expect(top()).toEqual([1, 2, 4, 5, 6, 8]);
    expect([...scores.array]).toEqual([-1, -1, -1, -1, -1, -1]);
    expect(top([10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0])).toEqual([1, 2, 4, 5, 6, 8]);
    expect(top([7, 3, 0])).toEqual([0, 3]);
    expect(top([])).toEqual([]);
  });

  it("are refused where shapes do not fit", () => {
    const { kernels, memory, random } = stage();
    const [items, scores, z, table] = [memory.ints(2), memory.floats(2), random(8), random(2 * 3 * 8)];
    const call = (shape: object) => () =>
      kernels.nearestDrawn(items, scores, z, words(memory, [1]), table, { draws: 1, n: 3, width: 8, k: 2, ...shape });
    expect(call({ width: 6 })).toThrow("width must be a positive multiple of 4, got 6.");
    expect(call({ k: 0 })).toThrow("k must be at least 1, got 0.");
    expect(call({ draws: 2 })).toThrow("outItems (draws, k) must hold 4 elements, got 2.");
    expect(call({ n: 4 })).toThrow("table (n, 2, width) must hold 64 elements, got 48.");
    expect(call({ candidates: memory.intsFrom([0, 3]) })).toThrow("candidates must be in [0, 3), got 3 at 1.");
    expect(() => kernels.drawnRow(scores, z, z, { key: 1, row: 1, count: 3 })).toThrow("out (count)");
  });
});
