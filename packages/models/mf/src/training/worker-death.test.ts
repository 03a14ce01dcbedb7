import { type Engine, type Kernels, startEngine } from "@sequitur/kernels";
import { Random } from "@sequitur/core";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { als } from "../als/als.js";
import { bpr } from "../bpr/bpr.js";
import { nbpo } from "../nbpo/nbpo.js";
import { fitted, plantedClasses } from "../planted.fixture.js";
import type { FactorRecommender } from "../serving/factor-recommender.js";

const stage = vi.hoisted((): { engine?: Engine } => ({}));
vi.mock("@sequitur/kernels", async (original) => ({
  ...(await original<object>()),
  engineFor: () => stage.engine,
}));

const TRAP = 1;
const HANG = 2;
const { train } = plantedClasses({ users: 60, items: 60, classes: 3 }, 0.3, new Random("death"));

/** An engine of two threads whose helper traps, or never comes back, inside the training's kernel call number `at`. */
async function doomed(at: number, mode: number): Promise<Engine> {
  const engine = startEngine({ provider: "wasm", threads: 2, stallMs: 200 });
  await engine.ready();
  const fault = engine.exports["probeFault"] as (flag: number, mode: number) => void;
  let calls = 0;
  const falling = <Name extends "factorise" | "alsRows">(name: Name): Kernels[Name] =>
    ((...parameters: never[]) => {
      calls += 1;
      if (calls === at) fault(engine.memory.intsFrom([0]).offset, mode);
      return (engine.kernels[name] as (...all: never[]) => unknown)(...parameters);
    }) as unknown as Kernels[Name];
  const kernels = { ...engine.kernels, factorise: falling("factorise"), alsRows: falling("alsRows") };
  return Object.create(engine, { kernels: { value: kernels } }) as Engine;
}

describe.each([
  ["bpr", bpr],
  ["nbpo", nbpo],
  ["als", als],
] as [string, FactorRecommender][])("%s, when a helper thread dies", (_, recommender) => {
  let dir: string;
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "mf-"))));
  afterEach(async () => {
    await stage.engine?.close();
    rmSync(dir, { recursive: true, force: true });
  });
  const config = { epochs: 8, checkpointEvery: 1, factors: 8 };

  it("fails with the reason, keeps the last checkpoint, and goes on from it on the thread that is left", async () => {
    stage.engine = await doomed(6, TRAP);
    const { memory } = stage.engine;
    const before = memory.use().blocks;
    const run = { threads: 2, checkpointDir: dir };
    await expect(fitted(recommender, train, config, run)).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("1 crashed"),
    });
    // The flag that the fault was made with, and scratch of the engine's own.
    expect(memory.use().blocks).toBeLessThanOrEqual(before + 2);
    expect(readdirSync(dir)).toEqual(["last.safetensors"]);
    const epochs: number[] = [];
    const model = await fitted(recommender, train, config, { ...run, report: ({ done }) => epochs.push(done) });
    expect(epochs[0]).toBeGreaterThan(1);
    expect(epochs.at(-1)).toBe(8);
    expect(model.tables.items.every((value) => Number.isFinite(value))).toBe(true);
    await expect.poll(() => stage.engine!.threads).toBe(1);
  });

  it("fails within the time that a helper may take when it never comes back, and leaves the checkpoint", async () => {
    stage.engine = await doomed(4, HANG);
    const startMs = performance.now();
    const run = { threads: 2, checkpointDir: dir };
    await expect(fitted(recommender, train, config, run)).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("did not come back"),
    });
    expect(performance.now() - startMs).toBeLessThan(60_000);
    expect(stage.engine.usable).toBe(false);
    await expect(fitted(recommender, train, config, run)).rejects.toThrow("start a new engine");
    expect(readdirSync(dir)).toEqual(["last.safetensors"]);
  });
});
