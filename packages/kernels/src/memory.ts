import { PlatformError } from "@sequitur/core";
import { type Backing } from "./backing.js";
import { Block, type BlockArray, type Bytes, type Floats, type Ints, type SignedBytes, type Words } from "./block.js";

/** Every block starts at a multiple of this: a cache line. */
const ALIGNMENT = 64;

interface Extent {
  offset: number;
  bytes: number;
}

/** What a memory holds, in bytes. */
export interface MemoryUse {
  /** Size of the memory itself; it never shrinks. */
  readonly reservedBytes: number;
  /** Bytes of live blocks, rounded up to their size classes. */
  readonly usedBytes: number;
  /** Live blocks. */
  readonly blocks: number;
}

/** The blocks made inside `withScratch`; all are freed when it returns. */
export type Scratch = Pick<Memory, "floats" | "ints" | "words" | "bytes" | "signedBytes">;

/**
 * Hands out blocks of one growing memory. Sizes are rounded up to classes at most an eighth apart, and a freed block
 * waits in the list of its class, so a loop that repeats its sizes allocates in constant time and never grows. When a
 * size is missing, a free extent is cut; when none fits, everything free is merged; only then the memory grows.
 * New blocks hold whatever was there before.
 */
export class Memory {
  private readonly backing: Backing;
  private live = 0; // blocks
  private readonly free = new Map<number, number[]>(); // bytes -> offsets
  private extents: Extent[] = []; // merged free space below `top`
  private top: number; // everything at or above is untouched
  private usedBytes = 0;
  private unmergedBytes = 0; // bytes in `free`
  private readonly buffer: () => SharedArrayBuffer;

  /** Manages `backing` from `start` (bytes) on. */
  constructor(backing: Backing, start: number) {
    this.backing = backing;
    this.buffer = () => backing.buffer();
    this.top = roundUp(start, ALIGNMENT);
  }

  /** A block of `length` float32 elements, not cleared. */
  floats(length: number): Floats {
    return this.allocate(Float32Array, length);
  }

  /** A block of `length` int32 elements, not cleared. */
  ints(length: number): Ints {
    return this.allocate(Int32Array, length);
  }

  /** A block of `length` uint32 elements, not cleared. */
  words(length: number): Words {
    return this.allocate(Uint32Array, length);
  }

  /** A block of `length` uint8 elements, not cleared. */
  bytes(length: number): Bytes {
    return this.allocate(Uint8Array, length);
  }

  /** A block of `length` int8 elements, not cleared. */
  signedBytes(length: number): SignedBytes {
    return this.allocate(Int8Array, length);
  }

  /** A block with a copy of these numbers. */
  floatsFrom(values: ArrayLike<number>): Floats {
    const block = this.floats(values.length);
    block.array.set(values);
    return block;
  }

  /** A block with a copy of these integers. */
  intsFrom(values: ArrayLike<number>): Ints {
    const block = this.ints(values.length);
    block.array.set(values);
    return block;
  }

  /** Gives a block back. Freeing it twice, or freeing a part of a block, is an error and changes nothing. */
  release(block: Block<BlockArray>): void {
    if (block.length < 0 || block.owner !== this) {
      const what = block.length < 0 ? "one that was freed before" : "a part of a block or one of another memory";
      throw new PlatformError(
        "bad-config",
        `expected a live block of this memory, got ${what} (offset ${block.offset}).`,
      );
    }
    const bytes = block.reservedBytes;
    block.retire();
    this.live -= 1;
    this.usedBytes -= bytes;
    this.unmergedBytes += bytes;
    const waiting = this.free.get(bytes);
    if (waiting === undefined) this.free.set(bytes, [block.offset]);
    else waiting.push(block.offset);
  }

  /** Runs `body` with an allocator whose blocks are all freed when it returns or throws. */
  withScratch<T>(body: (scratch: Scratch) => T): T {
    const made: Block<BlockArray>[] = [];
    const keep = <A extends BlockArray>(block: Block<A>): Block<A> => {
      made.push(block);
      return block;
    };
    try {
      return body({
        floats: (length) => keep(this.floats(length)),
        ints: (length) => keep(this.ints(length)),
        words: (length) => keep(this.words(length)),
        bytes: (length) => keep(this.bytes(length)),
        signedBytes: (length) => keep(this.signedBytes(length)),
      });
    } finally {
      for (const block of made) if (block.length >= 0) this.release(block);
    }
  }

  /** What is in use now. */
  use(): MemoryUse {
    return {
      reservedBytes: this.buffer().byteLength,
      usedBytes: this.usedBytes,
      blocks: this.live,
    };
  }

  private allocate<A extends BlockArray>(
    maker: (new (buffer: ArrayBufferLike, offset: number, length: number) => A) & { BYTES_PER_ELEMENT: number },
    length: number,
  ): Block<A> {
    if (!(Number.isSafeInteger(length) && length >= 0)) {
      throw new PlatformError("bad-config", `a block's length must be a non-negative integer, got ${length}.`);
    }
    const bytes = sizeClass(length * maker.BYTES_PER_ELEMENT);
    const offset = this.take(bytes);
    this.live += 1;
    this.usedBytes += bytes;
    return new Block(maker, this.buffer, offset, length, this, bytes);
  }

  private take(bytes: number): number {
    const waiting = this.free.get(bytes);
    const reused = waiting?.pop();
    if (reused !== undefined) {
      this.unmergedBytes -= bytes;
      return reused;
    }
    return (
      this.cut(bytes) ??
      this.fromTop(bytes, false) ??
      this.mergeAndCut(bytes) ??
      this.fromTop(bytes, true) ??
      this.refuse(bytes)
    );
  }

  /** Cuts the smallest extent that is large enough. */
  private cut(bytes: number): number | undefined {
    let best = -1;
    for (const [at, extent] of this.extents.entries()) {
      if (extent.bytes >= bytes && (best < 0 || extent.bytes < this.extents[best].bytes)) best = at;
    }
    if (best < 0) return undefined;
    const extent = this.extents[best];
    const { offset } = extent;
    extent.offset += bytes;
    extent.bytes -= bytes;
    if (extent.bytes === 0) this.extents.splice(best, 1);
    return offset;
  }

  /** Takes untouched bytes; grows the memory by a quarter at least when that is allowed and needed. */
  private fromTop(bytes: number, mayGrow: boolean): number | undefined {
    const needed = this.top + bytes;
    const reserved = this.buffer().byteLength;
    if (needed > reserved) {
      if (!mayGrow) return undefined;
      const generous = Math.max(needed, reserved + Math.min(reserved >> 2, 1 << 28));
      if (!this.backing.grow(generous) && !this.backing.grow(needed)) return undefined;
    }
    const { top } = this;
    this.top = needed;
    return top;
  }

  /** Merges all free space, gives the end back to `top`, and cuts. */
  private mergeAndCut(bytes: number): number | undefined {
    if (this.unmergedBytes === 0) return undefined;
    const all = this.extents;
    for (const [size, offsets] of this.free) for (const offset of offsets) all.push({ offset, bytes: size });
    this.free.clear();
    this.unmergedBytes = 0;
    all.sort((x, y) => x.offset - y.offset);
    const merged: Extent[] = [];
    for (const extent of all) {
      const last = merged.at(-1);
      if (last !== undefined && last.offset + last.bytes === extent.offset) last.bytes += extent.bytes;
      else merged.push(extent);
    }
    const end = merged.at(-1);
    if (end !== undefined && end.offset + end.bytes === this.top) {
      this.top = end.offset;
      merged.pop();
    }
    this.extents = merged;
    return this.cut(bytes) ?? this.fromTop(bytes, false);
  }

  private refuse(bytes: number): never {
    const { reservedBytes, usedBytes } = this.use();
    throw new PlatformError(
      "out-of-memory",
      `expected room for ${bytes} bytes more, but the engine's memory holds ${usedBytes} bytes in blocks (${reservedBytes} reserved) and cannot grow.`,
    );
  }
}

function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}

/** The size class of a request: multiples of 64 bytes up to 512, then eight steps to each doubling. */
function sizeClass(bytes: number): number {
  if (bytes <= 512) return Math.max(ALIGNMENT, (bytes + 63) & ~63);
  const doublings = bytes <= 2 ** 31 ? 32 - Math.clz32(bytes - 1) : Math.ceil(Math.log2(bytes));
  return roundUp(bytes, Math.max(ALIGNMENT, 2 ** (doublings - 4)));
}
