import { Worker } from "node:worker_threads";

/** What the JavaScript runtime offers the engine. */
export interface RuntimeFeatures {
  readonly webAssembly: boolean;
  readonly simd: boolean;
  /** Shared WebAssembly memories and atomics. */
  readonly sharedMemory: boolean;
  /** Threads that can be started. */
  readonly workers: boolean;
}

/** A module with one function that returns `i8x16.splat(0)`: valid only where 128-bit SIMD is. */
const SIMD_MODULE = new Uint8Array(Buffer.from("0061736d010000000105016000017b030201000a080106004100fd0f0b", "hex"));

/** Asks the runtime. */
export function detectFeatures(): RuntimeFeatures {
  // A runtime without WebAssembly (node --jitless) has no such global, whatever its declared type says.
  const webAssembly = (globalThis as { WebAssembly?: unknown }).WebAssembly !== undefined;
  return {
    webAssembly,
    simd: webAssembly && WebAssembly.validate(SIMD_MODULE),
    sharedMemory: webAssembly && hasSharedMemory(),
    workers: typeof Worker === "function",
  };
}

/** Why the compiled kernels cannot run here; undefined when they can. */
export function missingForWasm(features: RuntimeFeatures): string | undefined {
  if (!features.webAssembly) return "this runtime has no WebAssembly (was node started with --jitless?)";
  if (!features.simd) return "this runtime has no 128-bit WebAssembly SIMD";
  if (!features.sharedMemory) return "this runtime has no shared WebAssembly memory";
  return undefined;
}

function hasSharedMemory(): boolean {
  try {
    return new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer instanceof SharedArrayBuffer;
  } catch {
    return false;
  }
}
