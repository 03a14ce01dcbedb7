import { Worker } from "node:worker_threads";
import { PlatformError } from "@sequitur/core";

/** What the module offers to whoever runs its threads. */
export interface PoolExports {
  readonly configurePool: (helpers: number, spins: number, stallMs: number) => void;
  readonly stopHelpers: () => void;
  readonly heapStart: () => number;
}

/** Instantiates the module in a thread of its own and takes chunks until told to stop. */
const HELPER_SOURCE = `
const { parentPort, workerData } = require("node:worker_threads");
const { module, memory, id, spins } = workerData;
const poolFailed = () => { throw new Error("a helper cannot start a job"); };
const { help, holdsChunk, reportLost } = new WebAssembly.Instance(module, { env: { memory, poolFailed } }).exports;
process.on("exit", () => { if (holdsChunk()) reportLost(); });
parentPort.postMessage("ready");
help(id, spins);
`;

/** Threads that wait for chunks of kernel calls; started once, they never keep the process alive. */
export class HelperPool {
  private readonly workers: Worker[] = [];
  private readonly started: Promise<void>[] = [];
  private readonly exports: PoolExports;
  private lastError: Error | undefined;
  private alive = 0;
  private stalled = false;

  constructor(exports: PoolExports) {
    this.exports = exports;
  }

  /** Starts `count` helpers; they join in as they come up, and calls made before that simply run on fewer threads. */
  start(module: WebAssembly.Module, memory: WebAssembly.Memory, count: number, spins: number): void {
    for (let id = 1; id <= count; id++) {
      // No inherited flags: a loader given by --import would slow each helper down and serves no purpose there.
      const worker = new Worker(HELPER_SOURCE, {
        eval: true,
        execArgv: [],
        workerData: { module, memory, id, spins },
      });
      this.workers.push(worker);
      this.alive += 1;
      this.started.push(
        new Promise((resolve) => {
          worker.once("message", () => resolve());
          worker.once("exit", () => {
            this.alive -= 1;
            resolve();
          });
        }),
      );
      worker.on("error", (error) => {
        this.lastError = error instanceof Error ? error : new Error(String(error));
      });
      worker.unref();
    }
  }

  /** Helpers that have not ended, as far as this thread has been told. */
  get helpers(): number {
    return this.alive;
  }

  /** Whether an earlier call left helpers in an unknown state. */
  get broken(): boolean {
    return this.stalled;
  }

  /** Throws when an earlier call left helpers in an unknown state. */
  check(): void {
    if (this.stalled) {
      throw new PlatformError(
        "unavailable",
        "this engine's helpers did not come back from an earlier call, so its memory may still be written to; start a new engine.",
      );
    }
  }

  /** The module's `poolFailed`: throws out of the running kernel call. */
  readonly failed = (lost: number, stalled: number): never => {
    if (stalled > 0) this.stalled = true;
    this.check();
    throw new PlatformError(
      "unavailable",
      `expected every helper thread to finish its chunk, but ${lost} crashed; the outputs of this call are incomplete, later calls use the remaining threads.`,
      this.lastError === undefined ? {} : { cause: this.lastError },
    );
  };

  /** Resolves when every helper is up (or has ended). */
  async ready(): Promise<void> {
    // A pending promise does not keep the process alive, a referenced worker does.
    for (const worker of this.workers) worker.ref();
    await Promise.all(this.started);
    for (const worker of this.workers) worker.unref();
  }

  /** Ends every helper and resolves when they are gone; calls after that run on the calling thread. */
  async stop(): Promise<void> {
    this.exports.stopHelpers();
    this.exports.configurePool(0, 0, 0);
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }
}
