import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { PlatformError } from "@sequitur/core";

/** The compiled kernels; `src/` and `dist/` are neighbours, so one address serves both. */
const WASM_URL = new URL("../dist/kernels.wasm", import.meta.url);

let compiled: WebAssembly.Module | undefined;

/** The compiled module, read and compiled on first use. */
export function kernelModule(): WebAssembly.Module {
  return (compiled ??= new WebAssembly.Module(readWasm()));
}

function readWasm(): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(readFileSync(WASM_URL));
  } catch (cause) {
    throw new PlatformError(
      "unavailable",
      `expected the compiled kernels at ${fileURLToPath(WASM_URL)}; "npm run build" makes them.`,
      { cause },
    );
  }
}
