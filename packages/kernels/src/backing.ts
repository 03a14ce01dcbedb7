const PAGE = 65_536;

/** A buffer that grows in place; views over its old extent stay valid. */
export interface Backing {
  buffer(): SharedArrayBuffer;
  /** Grows to at least `bytes`; false when the machine or the limit refuses, and then nothing has changed. */
  grow(bytes: number): boolean;
}

/** A shared WebAssembly memory of at most `limitBytes`. */
export function wasmBacking(memory: WebAssembly.Memory, limitBytes: number): Backing {
  return {
    buffer: () => memory.buffer as unknown as SharedArrayBuffer,
    grow: (bytes) => {
      if (bytes > limitBytes) return false;
      const missing = bytes - memory.buffer.byteLength;
      if (missing <= 0) return true;
      return succeeds(() => memory.grow(Math.ceil(missing / PAGE)));
    },
  };
}

/** The same without WebAssembly: a growable shared buffer. */
export function plainBacking(limitBytes: number): Backing {
  const buffer = new SharedArrayBuffer(PAGE, { maxByteLength: limitBytes });
  return {
    buffer: () => buffer,
    grow: (bytes) => bytes <= limitBytes && (bytes <= buffer.byteLength || succeeds(() => buffer.grow(bytes))),
  };
}

function succeeds(action: () => unknown): boolean {
  try {
    action();
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
