import { availableParallelism } from "node:os";
import { PlatformError } from "@sequitur/core";
import { plainBacking, wasmBacking } from "./backing.js";
import { detectFeatures, missingForWasm, type RuntimeFeatures } from "./features.js";
import { referenceKernels, wasmKernels, type Kernels } from "./kernels.js";
import { Memory } from "./memory.js";
import { HelperPool, type PoolExports } from "./pool.js";
import { kernelModule } from "./wasm-file.js";
import { wasmContext } from "./wasm-context.js";

const PAGE = 65_536;
const FOUR_GIB = 65_536 * PAGE;
/** Most threads of one engine; MAX_THREADS of assembly/layout.ts. */
const MAX_THREADS = 32;
/** Pages the module itself declares; see build-wasm.mjs. */
const INITIAL_PAGES = 32;

/** How an engine runs. */
export interface EngineOptions {
  /** Threads a kernel may use, the calling one included: 1 to 32. Results do not depend on it. Default: cores, at most 2. */
  readonly threads?: number;
  /** Turns a thread spins before it sleeps; 0 never spins. About 1 ns each. Default 50,000. */
  readonly spins?: number;
  /** Longest wait for a helper that makes no progress, ms, before the call fails. Default 30,000. */
  readonly stallMs?: number;
  /** `wasm`: the compiled kernels or an error; `reference`: plain TypeScript; default: `wasm` where it can run. */
  readonly provider?: "wasm" | "reference";
  /** Most bytes of memory, at most 4 GiB, which is the default. */
  readonly limitBytes?: number;
}

/** One memory, the kernels that work in it, and the threads that help. */
export interface Engine {
  readonly provider: "wasm" | "reference";
  readonly memory: Memory;
  readonly kernels: Kernels;
  /** Threads in use, the calling one included. */
  readonly threads: number;
  /** False once helpers did not come back from a call: every call throws `unavailable`; start another engine. */
  readonly usable: boolean;
  /** Why the engine runs with less than was asked for; undefined when it does not. */
  readonly note: string | undefined;
  /** Functions of the compiled module, for benchmarks and tests; empty for the reference. */
  readonly exports: Readonly<Record<string, unknown>>;
  /** Resolves when every helper is up; waiting for it is optional. */
  ready(): Promise<void>;
  /** Ends the helpers. The process may also just exit. */
  close(): Promise<void>;
}

/** Starts an engine. `features` is what the runtime offers; only tests pass it. */
export function startEngine(options: EngineOptions = {}, features: RuntimeFeatures = detectFeatures()): Engine {
  const threads = within("threads", options.threads ?? Math.min(2, availableParallelism()), 1, MAX_THREADS);
  const limitBytes = within("limitBytes", options.limitBytes ?? FOUR_GIB, INITIAL_PAGES * PAGE, FOUR_GIB);
  const missing = missingForWasm(features);
  if (options.provider === "wasm" && missing !== undefined) {
    throw new PlatformError("unavailable", `expected a runtime for the compiled kernels, but ${missing}.`);
  }
  if (options.provider === "reference" || missing !== undefined) {
    const note = options.provider === "reference" ? undefined : `${missing}; the plain kernels run instead, slowly`;
    return referenceEngine(limitBytes, note);
  }
  const usable = features.workers ? threads : 1;
  const note = usable < threads ? "this runtime cannot start threads; the kernels run on one" : undefined;
  return wasmEngine(usable, limitBytes, options, note);
}

function referenceEngine(limitBytes: number, note: string | undefined): Engine {
  const memory = new Memory(plainBacking(limitBytes), 64);
  return {
    provider: "reference",
    memory,
    kernels: referenceKernels(memory),
    threads: 1,
    usable: true,
    note,
    exports: {},
    ready: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

function wasmEngine(threads: number, limitBytes: number, options: EngineOptions, note: string | undefined): Engine {
  const spins = within("spins", options.spins ?? 50_000, 0, 2 ** 31 - 1);
  const stallMs = within("stallMs", options.stallMs ?? 30_000, 1, 2 ** 31 - 1);
  const module = kernelModule();
  const shared = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: FOUR_GIB / PAGE, shared: true });
  let failed: (lost: number, stalled: number) => void = () => undefined;
  const poolFailed = (lost: number, stalled: number): void => failed(lost, stalled);
  const { exports } = new WebAssembly.Instance(module, { env: { memory: shared, poolFailed } });
  const poolExports = exports as unknown as PoolExports;
  const memory = new Memory(wasmBacking(shared, limitBytes), poolExports.heapStart());
  const pool = new HelperPool(poolExports);
  failed = pool.failed;
  poolExports.configurePool(threads - 1, spins, stallMs);
  pool.start(module, shared, threads - 1, spins);
  return {
    provider: "wasm",
    memory,
    kernels: wasmKernels(wasmContext(exports, memory), memory),
    get threads() {
      return 1 + pool.helpers;
    },
    get usable() {
      return !pool.broken;
    },
    note,
    exports,
    ready: () => pool.ready(),
    close: () => pool.stop(),
  };
}

function within(name: string, value: number, low: number, high: number): number {
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  throw new PlatformError("bad-config", `${name} must be an integer in [${low}, ${high}], got ${value}.`);
}
