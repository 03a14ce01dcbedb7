import { Random } from "@sequitur/core";
import { startEngine, type Engine } from "@sequitur/kernels";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { negateInverse } from "./engine-inverse.js";
import { invertSpd, mirrorLower } from "./spd-inverse.js";

describe("negateInverse", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = startEngine({ threads: 1 });
    // The first product leaves the engine's own buffer behind, which the counts of blocks below should not see.
    await negateInverse(engine.memory.floatsFrom([1]), 1, engine);
  });
  afterAll(async () => engine.close());

  /** Diagonally dominant, so positive definite, and well-conditioned. */
  function randomSpd(n: number): Float64Array {
    const random = new Random(`engine ${n}`);
    const matrix = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++) matrix[i * n + j] = random.uniform() - 0.5;
      matrix[i * n + i] = n;
    }
    mirrorLower(matrix, n);
    return matrix;
  }

  it.each([1, 2, 127, 128, 129, 300])("equals the float64 sweeps, sign turned, at n = %d", async (n) => {
    const exact = randomSpd(n);
    const before = engine.memory.use().blocks;
    const block = engine.memory.floatsFrom(exact);
    await negateInverse(block, n, engine);
    await invertSpd(exact, n);
    let worst = 0;
    for (let at = 0; at < n * n; at++) worst = Math.max(worst, Math.abs(block.array[at]! + exact[at]!));
    expect(worst).toBeLessThan(1e-5 / n);
    engine.memory.release(block);
    expect(engine.memory.use().blocks).toBe(before);
  });

  it("gives its scratch back when it fails", async () => {
    const before = engine.memory.use().blocks;
    const singular = engine.memory.floatsFrom([1, 1, 1, 1]);
    await expect(negateInverse(singular, 2, engine)).rejects.toThrow(/must be positive definite/);
    await expect(negateInverse(singular, 2, engine, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "cancelled",
    });
    engine.memory.release(singular);
    expect(engine.memory.use().blocks).toBe(before);
  });
});
