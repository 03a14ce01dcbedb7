import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { startEngine } from "./engine.js";
import { detectFeatures, type RuntimeFeatures } from "./features.js";

const ALL: RuntimeFeatures = { webAssembly: true, simd: true, sharedMemory: true, workers: true };

describe("startEngine", () => {
  it("finds SIMD, shared memory and threads in this runtime", () => {
    expect(detectFeatures()).toEqual(ALL);
  });

  it("falls back to the plain kernels where the compiled ones cannot run, and says why", () => {
    for (const [missing, words] of [
      ["webAssembly", "no WebAssembly"],
      ["simd", "no 128-bit WebAssembly SIMD"],
      ["sharedMemory", "no shared WebAssembly memory"],
    ] as const) {
      const features = { ...ALL, [missing]: false };
      const engine = startEngine({}, features);
      expect(engine.provider).toBe("reference");
      expect(engine.note).toContain(words);
      const x = engine.memory.floatsFrom([1, 2]);
      engine.kernels.add(x, x, x);
      expect([...x.array]).toEqual([2, 4]);
      expect(() => startEngine({ provider: "wasm" }, features)).toThrow(words);
    }
  });

  it("falls back to one thread where none can be started", () => {
    const engine = startEngine({ threads: 4 }, { ...ALL, workers: false });
    expect([engine.provider, engine.threads]).toEqual(["wasm", 1]);
    expect(engine.note).toContain("cannot start threads");
  });

  it("refuses options out of range", () => {
    expect(() => startEngine({ threads: 0 })).toThrow("threads must be an integer in [1, 32], got 0.");
    expect(() => startEngine({ threads: 1.5 })).toThrow("threads");
    expect(() => startEngine({ stallMs: 0 })).toThrow("stallMs");
    expect(() => startEngine({ limitBytes: 2 ** 33 })).toThrow("limitBytes");
  });

  it("refuses work that does not fit its memory, with nothing lost", () => {
    for (const provider of ["wasm", "reference"] as const) {
      const { memory, kernels } = startEngine({ provider, threads: 1, limitBytes: 4 << 20 });
      const [a, out] = [memory.floatsFrom(new Float32Array(90_000).fill(2)), memory.floats(90_000)];
      const before = memory.use();
      expect(() => memory.floats(1 << 20)).toThrow(expect.objectContaining({ code: "out-of-memory" }));
      expect(memory.use().usedBytes).toBe(before.usedBytes);
      kernels.add(out, a, a);
      expect(out.array.every((value) => value === 4)).toBe(true);
      memory.release(a);
      memory.release(memory.floats(90_000));
    }
  });

  it("refuses a kernel whose scratch does not fit, and goes on", () => {
    const { memory, kernels } = startEngine({ provider: "wasm", threads: 1, limitBytes: 4 << 20 });
    const [a, b, out] = [memory.floats(1), memory.floats(600_000), memory.floats(100_000)];
    kernels.fill(out, 3);
    const call = (): void => kernels.matmul(out, a, b, { m: 1, n: 100_000, k: 1 });
    kernels.fill(a, 1);
    kernels.fill(b, 5);
    expect(call).toThrow(expect.objectContaining({ code: "out-of-memory" }));
    expect(out.array.every((value) => value === 3)).toBe(true);
    memory.release(b);
    const small = memory.floatsFrom(new Float32Array(100_000).fill(5));
    kernels.matmul(out, a, small, { m: 1, n: 100_000, k: 1 });
    expect(out.array.every((value) => value === 5)).toBe(true);
  });

  it("lets the process end while its helpers sleep", () => {
    const source = new URL("./pool.ts", import.meta.url);
    const script = `
      import { HelperPool } from ${JSON.stringify(fileURLToPath(source))};
      import { kernelModule } from ${JSON.stringify(fileURLToPath(new URL("./wasm-file.ts", import.meta.url)))};
      const memory = new WebAssembly.Memory({ initial: 32, maximum: 65536, shared: true });
      const poolFailed = () => undefined;
      const { exports } = new WebAssembly.Instance(kernelModule(), { env: { memory, poolFailed } });
      const pool = new HelperPool(exports);
      exports.configurePool(2, 1000, 1000);
      pool.start(kernelModule(), memory, 2, 1000);
      await pool.ready();
      process.stdout.write("up " + pool.helpers);
    `;
    const flags = ["--conditions", "@sequitur/source", "--import", "tsx", "--input-type", "module", "-e", script];
    expect(execFileSync(process.execPath, flags, { encoding: "utf8", timeout: 20_000 })).toBe("up 2");
  });
});
