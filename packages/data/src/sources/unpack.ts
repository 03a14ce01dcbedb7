import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { PlatformError } from "@sequitur/core";
import { Decompress } from "fzstd";
import unbzip2 from "unbzip2-stream";
import xz from "xz-decompress";
import { openZipMember, splitZipPath } from "./zip-path.js";

const CHUNK_BYTES = 1 << 20;

/** How a file is packed, by its first bytes. */
export type Packing = "none" | "gzip" | "zstd" | "bzip2" | "xz" | "zip";

const MAGIC: readonly (readonly [Packing, readonly number[]])[] = [
  ["gzip", [0x1f, 0x8b]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
  ["bzip2", [0x42, 0x5a, 0x68]],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ["zip", [0x50, 0x4b, 0x03, 0x04]],
];

/** A packed file that cannot be unpacked; the reader of lines adds where. */
export class UnpackError extends Error {
  override readonly name = "UnpackError";
  readonly packing: Packing;
  readonly isCut: boolean;

  constructor(packing: Packing, isCut: boolean, message: string, options: ErrorOptions) {
    super(message, options);
    this.packing = packing;
    this.isCut = isCut;
  }
}

/** How far the reading of a packed file has come, in bytes of the file. */
export interface UnpackProgress {
  done: number;
}

/** The bytes of a file, unpacked as its first bytes say; memory stays at a few chunks. */
export async function* unpackedChunks(path: string, progress: UnpackProgress): AsyncGenerator<Buffer> {
  const { archive, member } = splitZipPath(path);
  const packing = member === undefined ? await packingOf(path) : "zip";
  if (packing === "zip") {
    yield* zipChunks(archive, member, progress);
    return;
  }
  const raw = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  try {
    for await (const chunk of unpack(packing, raw)) {
      progress.done = raw.bytesRead;
      yield chunk;
    }
  } catch (cause) {
    throw damaged(packing, cause);
  } finally {
    raw.destroy();
  }
}

/** Size of the file on disk; `not-found` or `bad-data` when there is none to read. */
export async function packedSize(path: string): Promise<number> {
  const { archive } = splitZipPath(path);
  try {
    const found = await stat(archive);
    if (!found.isFile()) throw new PlatformError("bad-data", `${path}: expected a file, got a folder.`);
    return found.size;
  } catch (cause) {
    if (cause instanceof PlatformError) throw cause;
    throw new PlatformError("not-found", `expected a file at ${path}, found none.`, { cause });
  }
}

/** Reads the first bytes of a file. */
export async function packingOf(path: string): Promise<Packing> {
  const bytes = await firstBytes(path, 8);
  const found = MAGIC.find(([, magic]) => magic.every((byte, at) => bytes[at] === byte));
  return found?.[0] ?? "none";
}

/** Up to `count` bytes from the start of a file as it lies on disk. */
export async function firstBytes(path: string, count: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(count), 0, count, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function unpack(packing: Exclude<Packing, "zip">, raw: Readable): AsyncIterable<Buffer> {
  switch (packing) {
    case "none":
      return raw;
    case "gzip":
      return gunzipped(raw);
    case "bzip2":
      return bzip2Chunks(raw);
    case "zstd":
      return zstdChunks(raw);
    case "xz":
      return xzChunks(raw);
  }
}

function gunzipped(raw: Readable): AsyncIterable<Buffer> {
  const unpacker = createGunzip({ chunkSize: CHUNK_BYTES });
  raw.on("error", (error) => unpacker.destroy(error));
  return raw.pipe(unpacker);
}

/** unbzip2-stream is a stream of the old kind: it answers each write at once. */
async function* bzip2Chunks(raw: Readable): AsyncGenerator<Buffer> {
  const unpacker = unbzip2();
  let ready: Buffer[] = [];
  const failures: Error[] = [];
  unpacker.on("data", (chunk: Buffer) => ready.push(chunk));
  unpacker.on("error", (error: Error) => failures.push(error));
  const taken = (): Buffer[] => {
    if (failures.length > 0) throw failures[0]!;
    const chunks = ready;
    ready = [];
    return chunks;
  };
  for await (const chunk of raw as AsyncIterable<Buffer>) {
    unpacker.write(chunk);
    yield* taken();
  }
  unpacker.end();
  yield* taken();
}

async function* zstdChunks(raw: Readable): AsyncGenerator<Buffer> {
  let ready: Buffer[] = [];
  const unpacker = new Decompress((chunk) => void ready.push(Buffer.from(chunk)));
  for await (const chunk of raw as AsyncIterable<Buffer>) {
    unpacker.push(chunk);
    yield* ready;
    ready = [];
  }
  unpacker.push(new Uint8Array(0), true);
  yield* ready;
}

async function* xzChunks(raw: Readable): AsyncGenerator<Buffer> {
  const web = Readable.toWeb(raw) as unknown as ReadableStream<Uint8Array>;
  const unpacked = new xz.XzReadableStream(web) as unknown as AsyncIterable<Uint8Array>;
  for await (const chunk of unpacked) yield Buffer.from(chunk);
}

async function* zipChunks(
  archive: string,
  member: string | undefined,
  progress: UnpackProgress,
): AsyncGenerator<Buffer> {
  const { stream, close } = await openZipMember(archive, member);
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      progress.done += chunk.length;
      yield chunk;
    }
  } catch (cause) {
    throw damaged("zip", cause);
  } finally {
    close();
  }
}

function damaged(packing: Packing, cause: unknown): unknown {
  if (cause instanceof PlatformError || packing === "none") return cause;
  const code = (cause as NodeJS.ErrnoException).code ?? "";
  if (code === "EACCES" || code === "ABORT_ERR") return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  const isCut = code === "Z_BUF_ERROR" || /unexpected (?:EOF|end)|truncated|out of range/i.test(message);
  return new UnpackError(packing, isCut, code === "" ? message : code, { cause });
}
