import { CompressionType, setCompressionCodec } from "@uwdata/flechette";
import { decompress as unpackZstd } from "fzstd";

/** Lets flechette read packed buffers; pandas writes LZ4 unless told otherwise. */
export function registerArrowCodecs(): void {
  setCompressionCodec(CompressionType.LZ4_FRAME, { encode: noWriting, decode: unpackLz4Frame });
  setCompressionCodec(CompressionType.ZSTD, { encode: noWriting, decode: (bytes) => unpackZstd(bytes) });
}

function noWriting(): never {
  throw new Error("packed Arrow files are read only");
}

const STORED_BLOCK = 0x8000_0000;

/** An LZ4 frame (frame format 1.6), blocks that refer to earlier ones included; checksums are not compared. */
export function unpackLz4Frame(frame: Uint8Array): Uint8Array {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const flags = frame[4]!;
  const hasSize = (flags & 0x08) !== 0;
  const hasBlockChecksum = (flags & 0x10) !== 0;
  let at = 7 + (hasSize ? 8 : 0) + ((flags & 0x01) !== 0 ? 4 : 0);
  let out = new Uint8Array(hasSize ? Number(view.getBigUint64(6, true)) : frame.length * 4);
  let size = 0;
  for (;;) {
    const header = view.getUint32(at, true);
    at += 4;
    if (header === 0) return out.subarray(0, size);
    const length = header & ~STORED_BLOCK;
    const block = frame.subarray(at, at + length);
    const needed = size + ((header & STORED_BLOCK) === 0 ? unpackedLength(block) : length);
    if (needed > out.length) out = grown(out, size, needed);
    if ((header & STORED_BLOCK) === 0) size = unpackBlock(block, out, size);
    else {
      out.set(block, size);
      size += length;
    }
    at += length + (hasBlockChecksum ? 4 : 0);
  }
}

function grown(old: Uint8Array, used: number, needed: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(Math.max(needed, old.length * 2));
  out.set(old.subarray(0, used));
  return out;
}

function unpackedLength(block: Uint8Array): number {
  let total = 0;
  eachSequence(block, (_from, literals, _offset, matched) => (total += literals + matched));
  return total;
}

function unpackBlock(block: Uint8Array, out: Uint8Array, start: number): number {
  let size = start;
  eachSequence(block, (from, literals, offset, matched) => {
    out.set(block.subarray(from, from + literals), size);
    size += literals;
    // Byte by byte: a match may overlap what it writes.
    for (let end = size + matched; size < end; size++) out[size] = out[size - offset]!;
  });
  return size;
}

/** Calls back with each sequence: where its literals begin, how many, then how far back a match lies and its length. */
function eachSequence(
  block: Uint8Array,
  take: (from: number, literals: number, offset: number, matched: number) => void,
): void {
  let at = 0;
  const longer = (length: number): number => {
    let total = length;
    if (length < 15) return total;
    let byte;
    do {
      byte = block[at++]!;
      total += byte;
    } while (byte === 255);
    return total;
  };
  while (at < block.length) {
    const token = block[at++]!;
    const literals = longer(token >> 4);
    const from = at;
    at += literals;
    if (at >= block.length) {
      take(from, literals, 0, 0);
      return;
    }
    const offset = block[at]! | (block[at + 1]! << 8);
    at += 2;
    take(from, literals, offset, longer(token & 0x0f) + 4);
  }
}
