import { describe, expect, it } from "vitest";
import { startEngine, type Engine, type EngineOptions } from "./engine.js";
import { kernelModule } from "./wasm-file.js";

interface ProbeExports {
  readonly probeThreads: (out: number, chunks: number, work: number) => void;
  readonly probeFault: (flag: number, mode: number) => void;
}

const TRAP = 1;
const HANG = 2;

async function withEngine(
  options: EngineOptions,
  body: (engine: Engine, probe: ProbeExports) => unknown,
): Promise<void> {
  const engine = startEngine({ provider: "wasm", ...options });
  await engine.ready();
  try {
    await body(engine, engine.exports as unknown as ProbeExports);
  } finally {
    await engine.close();
  }
}

/** Ids of the threads that ran the chunks of one job. */
function threadsSeen(engine: Engine, probe: ProbeExports, chunks: number, work = 20_000): Set<number> {
  const out = engine.memory.ints(chunks);
  out.array.fill(-1);
  probe.probeThreads(out.offset, chunks, work);
  const seen = new Set(out.array);
  engine.memory.release(out);
  return seen;
}

describe("the thread pool", () => {
  for (const spins of [0, 50_000]) {
    it(`gives chunks to every helper (spins ${spins})`, () =>
      withEngine({ threads: 4, spins }, (engine, probe) => {
        const seen = new Set<number>();
        for (let turn = 0; turn < 200 && seen.size < 4; turn++) {
          for (const id of threadsSeen(engine, probe, 400)) seen.add(id);
        }
        expect([...seen].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3]);
      }));
  }

  it("runs every chunk exactly once through 2,000 jobs in a row", () =>
    withEngine({ threads: 3 }, (engine) => {
      const { kernels, memory } = engine;
      const x = memory.floats(100_000);
      const one = memory.floats(100_000);
      kernels.fill(x, 0);
      kernels.fill(one, 1);
      for (let turn = 1; turn <= 2000; turn++) kernels.axpy(x, one, 1);
      expect(x.array.every((value) => value === 2000)).toBe(true);
    }));

  it("needs no helper at all", () =>
    withEngine({ threads: 1 }, (engine, probe) => {
      expect([...threadsSeen(engine, probe, 50)]).toEqual([0]);
      expect(engine.threads).toBe(1);
    }));

  it("fails the call in which a helper crashes, and goes on with the threads that are left", () =>
    withEngine({ threads: 2 }, async (engine, probe) => {
      const flag = engine.memory.intsFrom([0]);
      expect(() => probe.probeFault(flag.offset, TRAP)).toThrow(
        expect.objectContaining({ code: "unavailable", message: expect.stringContaining("1 crashed") }),
      );
      expect([...threadsSeen(engine, probe, 50)]).toEqual([0]);
      await expect.poll(() => engine.threads).toBe(1);
    }));

  it("fails a call whose helper never comes back, and refuses the next one", () =>
    withEngine({ threads: 2, stallMs: 100 }, (engine, probe) => {
      const flag = engine.memory.intsFrom([0]);
      expect(engine.usable).toBe(true);
      expect(() => probe.probeFault(flag.offset, HANG)).toThrow("did not come back");
      expect(engine.usable).toBe(false);
      expect(() => threadsSeen(engine, probe, 50)).toThrow("start a new engine");
      const small = engine.memory.floats(4);
      expect(() => engine.kernels.fill(small, 1)).toThrow("start a new engine");
    }));

  it("runs on the calling thread once closed", async () => {
    const engine = startEngine({ provider: "wasm", threads: 3 });
    await engine.ready();
    await engine.close();
    expect([...threadsSeen(engine, engine.exports as unknown as ProbeExports, 50)]).toEqual([0]);
    expect(engine.threads).toBe(1);
  });
});

describe("the compiled module", () => {
  it("keeps its static data clear of the pool's control block and the threads' scratch", () => {
    const memory = new WebAssembly.Memory({ initial: 32, maximum: 65_536, shared: true });
    const before = new Uint8Array(memory.buffer);
    before.fill(0xaa);
    const { exports } = new WebAssembly.Instance(kernelModule(), { env: { memory, poolFailed: () => undefined } });
    const written = before.findIndex((byte) => byte !== 0xaa);
    expect(written === -1 || written >= 1 << 20).toBe(true);
    expect((exports.heapStart as () => number)()).toBeGreaterThanOrEqual(1 << 20);
  });
});
