import { type Floats } from "./block.js";
import { type Memory } from "./memory.js";

/** What a compiled kernel's caller needs: the module's functions and scratch space for the length of one call. */
export interface WasmContext {
  readonly exports: WebAssembly.Exports;
  /** Address of at least `count` floats, valid until the next kernel call. */
  readonly scratchFloats: (count: number) => number;
}

/** Exports plus one scratch block that grows to the largest request. */
export function wasmContext(exports: WebAssembly.Exports, memory: Memory): WasmContext {
  let block: Floats | undefined;
  return {
    exports,
    scratchFloats: (count) => {
      if (block === undefined || block.length < count) {
        if (block !== undefined) memory.release(block);
        block = undefined;
        block = memory.floats(count);
      }
      return block.offset;
    },
  };
}

/** The address of an optional block; 0 says "none" to a kernel. */
export function offsetOrZero(block: { readonly offset: number } | null | undefined): number {
  return block?.offset ?? 0;
}
