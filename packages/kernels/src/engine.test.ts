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
