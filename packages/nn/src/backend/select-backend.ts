import { PlatformError } from "@sequitur/core";
import { startEngine, type MemoryUse } from "@sequitur/kernels";
import { tf } from "../tensors.js";
import { activeSequitur, SequiturBackend } from "./sequitur-backend.js";
import { registerStockKernels } from "./stock-kernels.js";

/** `sequitur`: our kernels; `tensorflow`: @tensorflow/tfjs-node, when installed; `cpu`: plain JavaScript, for tests. */
export const BACKEND_NAMES = ["sequitur", "tensorflow", "cpu"] as const;
export type BackendName = (typeof BACKEND_NAMES)[number];

export interface BackendOptions {
  /** Threads of the sequitur backend; results do not depend on it. Default: what the engine chooses, at most 2. */
  readonly threads?: number;
}

/** Not a literal in the import, since the type checker must pass where the package is absent. */
const TENSORFLOW: string = "@tensorflow/tfjs-node";

let selected: { readonly backend: SequiturBackend; readonly threads: number | undefined } | undefined;

/**
 * Makes a backend the one that every operation runs on, process-wide. Throws `unavailable` when tensorflow is not
 * installed, `bad-config` when sequitur runs with another number of threads and holds tensors still.
 */
export async function selectBackend(name: BackendName, options: BackendOptions = {}): Promise<void> {
  if (name === "sequitur") await selectSequitur(options.threads);
  else if (name === "tensorflow") await selectTensorflow();
  else if (name === "cpu") await selectCpu();
  else {
    throw new PlatformError("bad-config", `backend must be one of ${BACKEND_NAMES.join(", ")}, got ${String(name)}.`);
  }
}

/** Ends the threads and frees the memory of the sequitur backend, with every tensor in it. */
export async function closeSequitur(): Promise<void> {
  if (selected === undefined) return;
  const { engine } = selected.backend;
  tf.removeBackend("sequitur");
  selected = undefined;
  await engine.close();
}

/** What the sequitur backend's memory holds; undefined when another backend is active. */
export function engineMemory(): MemoryUse | undefined {
  return activeSequitur()?.engine.memory.use();
}

async function selectSequitur(threads: number | undefined): Promise<void> {
  if (selected !== undefined && threads !== undefined && threads !== selected.threads) {
    const alive = selected.backend.numDataIds();
    if (alive > 0) {
      throw new PlatformError(
        "bad-config",
        `the sequitur backend holds ${alive} tensors with ${selected.backend.engine.threads} threads: ` +
          `dispose them before selecting ${threads}.`,
      );
    }
    await closeSequitur();
  }
  if (selected === undefined) {
    const backend = new SequiturBackend(startEngine(threads === undefined ? {} : { threads }));
    registerStockKernels();
    tf.registerBackend("sequitur", () => backend, 10);
    selected = { backend, threads };
  }
  await tf.setBackend("sequitur");
}

async function selectCpu(): Promise<void> {
  await tf.setBackend("cpu");
  // Its first write would print an advertisement; a library never prints.
  (tf.backend() as unknown as { firstUse: boolean }).firstUse = false;
}

async function selectTensorflow(): Promise<void> {
  const quiet = tf.env().getBool("PROD");
  try {
    // It brings a second tfjs-core, which registers in the same global engine and warns of every repetition.
    tf.env().set("PROD", true);
    await import(TENSORFLOW);
  } catch (cause) {
    throw new PlatformError(
      "unavailable",
      "the tensorflow backend needs the package @tensorflow/tfjs-node, which is not installed (its install script " +
        "downloads libtensorflow): use the backend sequitur, or install the package with a network.",
      { cause },
    );
  } finally {
    tf.env().set("PROD", quiet);
  }
  await tf.setBackend("tensorflow");
}
