import { Random } from "@sequitur/core";
import { describe, expect, it } from "vitest";
import { eachEngine, expectClose, sameBitsOnAnyThreads, type Stage } from "../each-engine.js";
import { quantisedWidth, type QuantisedRows } from "./topk.js";

/** By its definition: walk the ranks, taking the best that is left. */
function best(scores: ArrayLike<number>, k: number, excluded: ReadonlySet<number> = new Set()): number[] {
  const taken = new Set(excluded);
  const list: number[] = [];
  while (list.length < k) {
    let found = -1;
    for (let item = 0; item < scores.length; item++) {
      if (taken.has(item) || Number.isNaN(scores[item])) continue;
      if (found < 0 || scores[item] > scores[found]) found = item;
    }
    if (found < 0) break;
    taken.add(found);
    list.push(found);
  }
  return list;
}

/** 1e-3 but for one large element. */
function oneHot(width: number): Float32Array {
  return Float32Array.from({ length: width }, (_, at) => (at === width - 1 ? 5 : 1e-3));
}

function bits(stage: Stage, length: number, set: Iterable<number>) {
  const words = stage.memory.words(Math.ceil(length / 32));
  words.array.fill(0);
  for (const item of set) words.array[item >>> 5] |= 1 << (item & 31);
  return words;
}

function quantised(
  stage: Stage,
  items: { offset: number } & Parameters<Stage["kernels"]["quantiseRows"]>[1],
  n: number,
  width: number,
): QuantisedRows {
  const padded = quantisedWidth(width);
  const out = { rows: stage.memory.signedBytes(n * padded), scales: stage.memory.floats(n), padded };
  stage.kernels.quantiseRows(out, items, { n, width });
  return out;
}

eachEngine("topKRows", (stage) => {
  it("gives the best of each row, ties to the lower column, whatever the sizes", () => {
    const random = new Random(1);
    for (const [rows, columns, k] of [
      [0, 5, 2],
      [3, 0, 2],
      [1, 1, 1],
      [2, 7, 9],
      [5, 33, 4],
      [40, 301, 17],
      [3, 20_000, 100],
    ] as const) {
      const { kernels, memory, floats } = stage();
      // Few distinct values, so that ties abound.
      const values = Array.from({ length: rows * columns }, () => random.integer(9) - 4);
      const [outItems, outScores] = [memory.ints(rows * k), memory.floats(rows * k)];
      kernels.topKRows(outItems, outScores, floats(values), { rows, columns, k });
      for (let row = 0; row < rows; row++) {
        const scores = values.slice(row * columns, (row + 1) * columns);
        const list = best(scores, k);
        const padded = [...list, ...new Array<number>(k - list.length).fill(-1)];
        expect(Array.from(outItems.array.slice(row * k, (row + 1) * k))).toEqual(padded);
        expect(Array.from(outScores.array.slice(row * k, (row + 1) * k))).toEqual(
          padded.map((i) => (i < 0 ? -Infinity : scores[i])),
        );
      }
    }
  });

  it("never keeps NaN or an excluded column, and keeps infinities", () => {
    const { kernels, memory, floats } = stage();
    const values = [Number.NaN, Infinity, 3, -Infinity, 5, Number.NaN, 4];
    const [outItems, outScores] = [memory.ints(7), memory.floats(7)];
    kernels.topKRows(outItems, outScores, floats(values), {
      rows: 1,
      columns: 7,
      k: 7,
      exclude: bits(stage(), 7, [4]),
    });
    expect([...outItems.array]).toEqual([1, 6, 2, 3, -1, -1, -1]);
  });

  it("takes -0 and 0 for the same score", () => {
    const { kernels, memory, floats } = stage();
    const [outItems, outScores] = [memory.ints(2), memory.floats(2)];
    kernels.topKRows(outItems, outScores, floats([-1, -0, 0, -0, 0]), { rows: 1, columns: 5, k: 2 });
    expect([...outItems.array]).toEqual([1, 2]);
  });

  it("checks shapes", () => {
    const { kernels, memory, floats } = stage();
    const shape = { rows: 2, columns: 2, k: 2 };
    expect(() => kernels.topKRows(memory.ints(3), memory.floats(4), floats([1, 2, 3, 4]), shape)).toThrow("outItems");
    expect(() => kernels.topKRows(memory.ints(4), memory.floats(4), floats([1, 2]), shape)).toThrow("scores");
  });
});

eachEngine("scoreTopK", (stage) => {
  it("ranks dot products plus bias, without the excluded", () => {
    for (const [n, width, k] of [
      [0, 4, 3],
      [1, 4, 1],
      [5, 8, 9],
      [999, 12, 20],
      [30_001, 16, 50],
    ] as const) {
      const { kernels, memory, random } = stage();
      const [query, items, bias] = [random(width), random(n * width), random(n)];
      const excluded = new Set(Array.from({ length: Math.floor(n / 7) }, (_, i) => i * 7));
      const [outItems, outScores] = [memory.ints(k), memory.floats(k)];
      const exclude = bits(stage(), Math.max(1, n), excluded);
      const kept = kernels.scoreTopK(outItems, outScores, query, items, { n, width, k, bias, exclude });
      const scores = Float64Array.from({ length: n }, (_, item) => {
        let sum = bias.array[item];
        for (let c = 0; c < width; c++) sum += query.array[c] * items.array[item * width + c];
        return sum;
      });
      const list = best(scores, k, excluded);
      expect(kept).toBe(list.length);
      expect(Array.from(outItems.array.slice(0, kept))).toEqual(list);
      expectClose(
        outScores.array.slice(0, kept),
        list.map((item) => scores[item]),
        1e-5,
      );
    }
  });

  it("breaks ties to the lower item across chunks", () => {
    const { kernels, memory } = stage();
    const [n, width, k] = [40_000, 4, 10];
    const items = memory.floatsFrom(new Float32Array(n * width).fill(1));
    const [outItems, outScores] = [memory.ints(k), memory.floats(k)];
    kernels.scoreTopK(outItems, outScores, memory.floatsFrom([1, 1, 1, 1]), items, { n, width, k });
    expect([...outItems.array]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("agrees with scoreItems to the bit", () => {
    const { kernels, memory, random } = stage();
    const [n, width, k] = [103, 12, 103];
    const [query, items, bias] = [random(width), random(n * width), random(n)];
    const [outItems, outScores, again] = [memory.ints(k), memory.floats(k), memory.floats(k)];
    kernels.scoreTopK(outItems, outScores, query, items, { n, width, k, bias });
    kernels.scoreItems(again, query, items, outItems, { count: k, n, width, bias });
    expect(again.array).toEqual(outScores.array);
    const list = memory.intsFrom([0, n]);
    expect(() => kernels.scoreItems(again, query, items, list, { count: 2, n, width })).toThrow("must be in [0, 103)");
  });

  it("checks shapes", () => {
    const { kernels, memory, random } = stage();
    const [outItems, outScores] = [memory.ints(2), memory.floats(2)];
    const call = (shape: object) => () =>
      kernels.scoreTopK(outItems, outScores, random(4), random(8), { n: 2, width: 4, k: 2, ...shape });
    expect(call({ width: 6 })).toThrow("multiple of 4");
    expect(call({ k: 0 })).toThrow("k must be at least 1");
    expect(call({ n: 3 })).toThrow("items");
    expect(call({ k: 3 })).toThrow("outItems");
  });
});

eachEngine("int8 rows", (stage) => {
  it("hold both elements of a word to the nearest of 255 steps, and zeros in the padding", () => {
    const { kernels, memory, random } = stage();
    const [n, width] = [7, 20];
    const x = random(n * width);
    x.array.fill(0, 3 * width, 4 * width);
    x.array[5] = 1;
    const { rows, scales, padded } = quantised(stage(), x, n, width);
    const words = new Int16Array(rows.array.buffer, rows.array.byteOffset, (n * padded) / 2);
    for (let row = 0; row < n; row++) {
      const values = x.array.subarray(row * width, (row + 1) * width);
      const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127;
      expect(scales.array[row]).toBeCloseTo(scale, 7);
      for (let k = 0; k < padded; k++) {
        const word = words[(row * padded + k - (k % 16)) / 2 + (k % 8)];
        const held = k % 16 < 8 ? (word << 24) >> 24 : word / 256;
        expect(Math.abs(held * scale - (k < width ? values[k] : 0))).toBeLessThanOrEqual(0.5001 * scale);
      }
    }
    expect(() => kernels.quantiseRows({ rows, scales, padded: 16 }, x, { n, width })).toThrow("padded must be 32");
    memory.release(rows);
  });

  it.each([16, 512])("keep within int32 at width %d, whatever the query", (width) => {
    const { kernels, memory } = stage();
    const n = 6;
    const items = memory.floatsFrom(
      Float32Array.from({ length: n * width }, (_, at) => (Math.floor(at / width) % 2 === 0 ? -1 : 1) * (1 - at / 1e5)),
    );
    const rows = quantised(stage(), items, n, width);
    const [outItems, outScores] = [memory.ints(1), memory.floats(1)];
    for (const query of [new Float32Array(width).fill(9), new Float32Array(width).fill(-9), oneHot(width)]) {
      const [found] = [memory.ints(1), memory.floats(1)];
      const block = memory.floatsFrom(query);
      kernels.scoreTopK(outItems, outScores, block, items, { n, width, k: 1 });
      kernels.scoreTopKInt8(found, outScores, block, items, rows, { n, width, k: 1, shortlist: 1 });
      expect(found.array[0]).toBe(outItems.array[0]);
    }
  });

  it("lead to the exact top k where the shortlist allows it, bias and exclusions included", () => {
    const { kernels, memory, random } = stage();
    const [n, width, k] = [20_000, 20, 100];
    const [query, items, bias] = [random(width), random(n * width), random(n, -0.1, 0.1)];
    const exclude = bits(stage(), n, [3, 17, 4000]);
    const rows = quantised(stage(), items, n, width);
    const [exact, exactScores] = [memory.ints(k), memory.floats(k)];
    const [near, nearScores] = [memory.ints(k), memory.floats(k)];
    kernels.scoreTopK(exact, exactScores, query, items, { n, width, k, bias, exclude });
    const kept = kernels.scoreTopKInt8(near, nearScores, query, items, rows, {
      n,
      width,
      k,
      bias,
      exclude,
      shortlist: 400,
    });
    expect(kept).toBe(k);
    expect([...near.array]).toEqual([...exact.array]);
    expect([...nearScores.array]).toEqual([...exactScores.array]);
  });

  it("take a query of zeros, fewer items than k, and refuse a short shortlist", () => {
    const { kernels, memory, random } = stage();
    const [n, width] = [3, 4];
    const items = random(n * width);
    const rows = quantised(stage(), items, n, width);
    const [outItems, outScores] = [memory.ints(5), memory.floats(5)];
    const zero = memory.floatsFrom([0, 0, 0, 0]);
    expect(kernels.scoreTopKInt8(outItems, outScores, zero, items, rows, { n, width, k: 5, shortlist: 5 })).toBe(3);
    expect([...outItems.array]).toEqual([0, 1, 2, -1, -1]);
    expect(() =>
      kernels.scoreTopKInt8(outItems, outScores, zero, items, rows, { n, width, k: 5, shortlist: 4 }),
    ).toThrow("shortlist must be at least k = 5, got 4.");
  });
});

describe("top k", () => {
  sameBitsOnAnyThreads("scoreTopK", ({ kernels, memory, random }) => {
    const [n, width, k] = [50_000, 8, 30];
    const [items, scores] = [memory.ints(k), memory.floats(k)];
    kernels.scoreTopK(items, scores, random(width), random(n * width), { n, width, k });
    return Float32Array.of(...items.array, ...scores.array);
  });
  sameBitsOnAnyThreads("scoreTopKInt8", (stage) => {
    const { kernels, memory, random } = stage;
    const [n, width, k] = [50_000, 8, 30];
    const [items, scores, vectors] = [memory.ints(k), memory.floats(k), random(n * width)];
    const rows = quantised(stage, vectors, n, width);
    kernels.scoreTopKInt8(items, scores, random(width), vectors, rows, { n, width, k, shortlist: 60 });
    return Float32Array.of(...items.array, ...scores.array);
  });
});
