import type { Tensor } from "@sequitur/core";
import { startEngine } from "@sequitur/kernels";
import { expect, it } from "vitest";
import { Weights } from "./weights.js";

const tensors = new Map<string, Tensor>([["table", { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }]]);

it("copies a tensor into the engine once, when first asked for, and frees it with the rest", () => {
  const engine = startEngine({ threads: 1 });
  const before = engine.memory.use().usedBytes;
  const weights = new Weights(engine, tensors);
  expect(engine.memory.use().usedBytes).toBe(before);
  const block = weights.get("table");
  expect([...block.array]).toEqual([1, 2, 3, 4]);
  expect(weights.find("table")).toBe(block);
  expect([...weights.derived("twice", () => block.array.map((value) => 2 * value)).array]).toEqual([2, 4, 6, 8]);
  expect(weights.derived("twice", () => Float32Array.of(0)).length).toBe(4);
  expect(engine.memory.use().usedBytes).toBeGreaterThan(before);
  weights.release();
  expect(engine.memory.use().usedBytes).toBe(before);
});

it("says which name is missing, and fails once released", () => {
  const weights = new Weights(startEngine({ threads: 1 }), tensors);
  expect(weights.find("bias")).toBeUndefined();
  expect(() => weights.get("bias")).toThrow("these weights hold no bias.");
  weights.release();
  for (const ask of [() => weights.get("table"), () => weights.find("bias")]) expect(ask).toThrow("any more");
  expect(() => weights.derived("twice", () => Float32Array.of(1))).toThrow("any more");
});
