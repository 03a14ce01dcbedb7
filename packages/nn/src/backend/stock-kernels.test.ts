import { Random } from "@sequitur/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tf } from "../tensors.js";
import { closeSequitur, selectBackend } from "./select-backend.js";

interface Plain {
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array;
}

const random = new Random("stock kernels");

function floats(...shape: number[]): Plain {
  const size = shape.reduce((all, length) => all * length, 1);
  return { shape, values: Float32Array.from({ length: size }, () => random.normal()) };
}

function ints(bound: number, ...shape: number[]): Plain {
  const size = shape.reduce((all, length) => all * length, 1);
  return { shape, values: Int32Array.from({ length: size }, () => random.integer(bound)) };
}

/** Stock operations at shapes that our kernels take and at shapes that fall back. */
const CASES: Record<string, { inputs: Plain[]; run: (inputs: tf.Tensor[]) => tf.Tensor }> = {
  "add, one shape": { inputs: [floats(3, 5), floats(3, 5)], run: ([a, b]) => tf.add(a, b) },
  "add, repeated rows": { inputs: [floats(4, 9, 11), floats(9, 11)], run: ([a, b]) => tf.add(a, b) },
  "add, short suffix": { inputs: [floats(4, 3), floats(3)], run: ([a, b]) => tf.add(a, b) },
  "add, column": { inputs: [floats(4, 3), floats(4, 1)], run: ([a, b]) => tf.add(a, b) },
  "divide by a column": { inputs: [floats(2, 4, 3), floats(2, 4, 1)], run: ([a, b]) => tf.div(a, b) },
  "subtract rows with leading ones": { inputs: [floats(2, 4, 3), floats(1, 1, 3)], run: ([a, b]) => tf.sub(a, b) },
  "multiply by a middle axis": { inputs: [floats(2, 4, 3), floats(2, 1, 3)], run: ([a, b]) => tf.mul(a, b) },
  "divide by a number": { inputs: [floats(2, 4), floats(1, 1)], run: ([a, b]) => tf.div(a, b) },
  "a number as a matrix, larger rank": { inputs: [floats(3), floats(1, 1)], run: ([a, b]) => tf.mul(a, b) },
  "add, first smaller": { inputs: [floats(80), floats(4, 80)], run: ([a, b]) => tf.add(a, b) },
  "add, int": { inputs: [ints(9, 7), ints(9, 7)], run: ([a, b]) => tf.add(a, b) },
  subtract: { inputs: [floats(6, 70), floats(70)], run: ([a, b]) => tf.sub(a, b) },
  "multiply by a number": { inputs: [floats(6, 7), floats()], run: ([a, b]) => tf.mul(a, b) },
  "a number times": { inputs: [floats(), floats(6, 7)], run: ([a, b]) => tf.mul(a, b) },
  divide: { inputs: [floats(6, 7), floats(6, 7)], run: ([a, b]) => tf.div(a, b) },
  relu: { inputs: [floats(1, 13)], run: ([x]) => tf.relu(x) },
  sigmoid: { inputs: [floats(13)], run: ([x]) => tf.sigmoid(x) },
  tanh: { inputs: [floats(13)], run: ([x]) => tf.tanh(x) },
  softmax: { inputs: [floats(2, 3, 5)], run: ([x]) => tf.softmax(x) },
  "log softmax": { inputs: [floats(3, 5)], run: ([x]) => tf.logSoftmax(x) },
  "sum of all": { inputs: [floats(3, 4, 5)], run: ([x]) => tf.sum(x) },
  "sum of a number": { inputs: [floats()], run: ([x]) => tf.sum(x) },
  "sum over the last axis": { inputs: [floats(3, 4, 5)], run: ([x]) => tf.sum(x, -1) },
  "sum over the last two": { inputs: [floats(3, 4, 5)], run: ([x]) => tf.sum(x, [2, 1], true) },
  "sum over the first": { inputs: [floats(3, 4, 5)], run: ([x]) => tf.sum(x, 0) },
  "sum over the middle": { inputs: [floats(3, 4, 5)], run: ([x]) => tf.sum(x, 1) },
  "sum over the ends": { inputs: [floats(3, 4, 5)], run: ([x]) => tf.sum(x, [0, 2]) },
  "sum of nothing": { inputs: [floats(0, 4)], run: ([x]) => tf.sum(x, 0) },
  "sum of int": { inputs: [ints(9, 4, 4)], run: ([x]) => tf.sum(x, 0) },
  "mean of all": { inputs: [floats(3, 4)], run: ([x]) => tf.mean(x) },
  "mean over the first": { inputs: [floats(3, 4)], run: ([x]) => tf.mean(x, 0) },
  "mean over the last": { inputs: [floats(3, 4)], run: ([x]) => tf.mean(x, 1, true) },
  "mat mul": { inputs: [floats(5, 7), floats(7, 3)], run: ([a, b]) => tf.matMul(a, b) },
  "mat mul, both turned": { inputs: [floats(7, 5), floats(3, 7)], run: ([a, b]) => tf.matMul(a, b, true, true) },
  "mat mul, batch": { inputs: [floats(2, 4, 5, 7), floats(2, 4, 3, 7)], run: ([a, b]) => tf.matMul(a, b, false, true) },
  "mat mul, one B": { inputs: [floats(4, 5, 7), floats(7, 3)], run: ([a, b]) => tf.matMul(a, b) },
  "mat mul, one A": { inputs: [floats(5, 7), floats(4, 7, 3)], run: ([a, b]) => tf.matMul(a, b) },
  gather: { inputs: [floats(6, 2, 3), ints(6, 2, 4)], run: ([x, i]) => tf.gather(x, i) },
  "gather columns": { inputs: [floats(6, 5), ints(5, 4)], run: ([x, i]) => tf.gather(x, i, 1) },
  "segment sum": {
    inputs: [floats(9, 2, 3), ints(4, 9)],
    run: ([x, i]) => tf.unsortedSegmentSum(x, i as tf.Tensor1D, 6),
  },
  "cast to float": { inputs: [ints(99, 5)], run: ([x]) => tf.mul(tf.cast(x, "float32"), 0.5) },
  "cast of bool": { inputs: [floats(5)], run: ([x]) => tf.cast(tf.greater(x, 0), "float32") },
  "slice, then write": { inputs: [floats(6, 3)], run: ([x]) => tf.add(tf.slice(x, [1, 0], [2, 3]), 1) },
  concat: { inputs: [floats(2, 3), floats(4, 3)], run: ([a, b]) => tf.concat([a, b], 0) },
  transpose: { inputs: [floats(2, 3, 4)], run: ([x]) => tf.transpose(x, [2, 0, 1]) },
};

async function resultsOn(backend: "sequitur" | "cpu"): Promise<Map<string, { shape: number[]; values: number[] }>> {
  await selectBackend(backend);
  const results = new Map<string, { shape: number[]; values: number[] }>();
  for (const [name, { inputs, run }] of Object.entries(CASES)) {
    tf.tidy(() => {
      const tensors = inputs.map(({ shape, values }) =>
        tf.tensor(values, [...shape], values instanceof Int32Array ? "int32" : "float32"),
      );
      const output = run(tensors);
      results.set(name, { shape: output.shape, values: [...output.dataSync()] });
    });
  }
  return results;
}

describe("stock operations on sequitur", () => {
  type Results = Awaited<ReturnType<typeof resultsOn>>;
  let ours: Results = new Map();
  let cpu: Results = new Map();
  beforeAll(async () => {
    cpu = await resultsOn("cpu");
    ours = await resultsOn("sequitur");
  });
  afterAll(closeSequitur);

  it.each(Object.keys(CASES))("%s equals the CPU backend's", (name) => {
    const [got, expected] = [ours.get(name)!, cpu.get(name)!];
    expect(got.shape).toEqual(expected.shape);
    expect(got.values.length).toBe(expected.values.length);
    got.values.forEach((value, i) => expect(value).toBeCloseTo(expected.values[i], 4));
  });
});

describe("memory of sequitur", () => {
  beforeAll(() => selectBackend("sequitur"));
  afterAll(closeSequitur);

  it("is freed with its tensor", async () => {
    const { engineMemory } = await import("./select-backend.js");
    const before = engineMemory()!;
    const x = tf.ones([1000, 100]);
    const view = tf.reshape(x, [100_000]);
    expect(engineMemory()!.usedBytes - before.usedBytes).toBeGreaterThanOrEqual(400_000);
    x.dispose();
    expect(engineMemory()!.blocks).toBe(before.blocks + 1);
    view.dispose();
    expect(engineMemory()).toEqual({ ...before, reservedBytes: engineMemory()!.reservedBytes });
  });

  it("keeps what was read when the tensor is gone", () => {
    const x = tf.tensor1d([1, 2, 3]);
    const read = x.dataSync();
    x.dispose();
    tf.tensor1d([9, 9, 9]).dispose();
    expect([...read]).toEqual([1, 2, 3]);
  });

  it("holds strings and moves tensors between backends", async () => {
    const words = tf.tensor1d(["a", "b"]);
    expect(words.dataSync()).toEqual(["a", "b"]);
    const x = tf.tensor1d([1, 2, 3]);
    await selectBackend("cpu");
    const doubled = tf.mul(x, 2);
    await selectBackend("sequitur");
    expect([...tf.add(doubled, x).dataSync()]).toEqual([3, 6, 9]);
    tf.dispose([words, x, doubled]);
  });
});
