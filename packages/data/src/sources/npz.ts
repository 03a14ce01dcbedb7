import { PlatformError, throwIfCancelled } from "@sequitur/core";
import { openPromise, type Entry } from "yauzl";
import type { ImportRun } from "./source-folder.js";

/** What an array of an archive is, as its header says. */
export interface NpyHeader {
  readonly shape: readonly number[];
  /** Bytes of a number. */
  readonly itemBytes: number;
  /** A number at a byte of a chunk. */
  readonly read: (view: DataView, at: number) => number;
}

/** Takes the numbers of an array in order, a piece at a time; `from` is the place of the first in the whole array. */
export type NumberSink = (values: Float64Array, from: number) => void;

/** An open NumPy archive (.npz): a zip of one .npy file an array, stored or deflated, zip64 where it is large. */
export interface NpzArchive {
  readonly names: readonly string[];
  /** Reads one array in pieces, so that it need not fit in memory; `begin` sees its header before the first number. */
  readArray(name: string, run: ImportRun, begin: (header: NpyHeader) => NumberSink): Promise<void>;
  close(): void;
}

/** Opens an archive; `bad-data` when it is none. */
export async function openNpz(path: string): Promise<NpzArchive> {
  try {
    const zip = await openPromise(path, { lazyEntries: true, autoClose: false });
    const entries = new Map<string, Entry>();
    for await (const entry of zip.eachEntry()) entries.set(entry.fileName.replace(/\.npy$/, ""), entry);
    return {
      names: [...entries.keys()],
      async readArray(name, run, begin) {
        const entry = entries.get(name);
        if (entry === undefined) {
          const known = [...entries.keys()].join(", ");
          throw new PlatformError("bad-data", `${path}: expected an array ${name}, got ${known}.`);
        }
        const stream = await zip.openReadStreamPromise(entry).catch((cause: unknown) => {
          throw unreadable(`${path}: ${name}`, cause);
        });
        await readNpy(stream, `${path}: ${name}`, run, begin);
      },
      close: () => zip.close(),
    };
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(where: string, cause: unknown): PlatformError {
  if (cause instanceof PlatformError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new PlatformError("bad-data", `${where}: expected a NumPy archive, got: ${reason}`, { cause });
}

/** Reads one .npy stream (NEP 1, versions 1 to 3, C order). */
async function readNpy(
  stream: AsyncIterable<Buffer>,
  where: string,
  run: ImportRun,
  begin: (header: NpyHeader) => NumberSink,
): Promise<void> {
  let rest: Buffer = Buffer.alloc(0);
  let header: NpyHeader | undefined;
  let sink: NumberSink = () => undefined;
  let done = 0;
  let total = Infinity;
  try {
    for await (const chunk of stream) {
      throwIfCancelled(run.signal);
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      if (header === undefined) {
        const found = parseHeader(rest, where);
        if (found === undefined) continue;
        header = found.header;
        total = header.shape.reduce((product, size) => product * size, 1);
        sink = begin(header);
        rest = rest.subarray(found.bytes);
      }
      const count = Math.floor(rest.length / header.itemBytes);
      if (done + count > total) throw new PlatformError("bad-data", `${where}: expected ${total} numbers, got more.`);
      sink(numbersOf(rest, count, header), done);
      rest = rest.subarray(count * header.itemBytes);
      done += count;
      run.report?.({ task: `read ${where}`, done, total, unit: "numbers" });
    }
  } catch (cause) {
    throw unreadable(where, cause);
  }
  if (header === undefined) throw new PlatformError("bad-data", `${where}: expected a NumPy array, got no header.`);
  if (done !== total || rest.length > 0) {
    throw new PlatformError("bad-data", `${where}: expected ${total} numbers, got ${done}: the file is cut short.`);
  }
}

function numbersOf(bytes: Buffer, count: number, { itemBytes, read }: NpyHeader): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) values[i] = read(view, i * itemBytes);
  return values;
}

/** Little-endian numbers and single bytes; (letter, bytes) as in `descr`. */
const READERS: Readonly<Record<string, NpyHeader["read"]>> = {
  i1: (view, at) => view.getInt8(at),
  u1: (view, at) => view.getUint8(at),
  b1: (view, at) => view.getUint8(at),
  i2: (view, at) => view.getInt16(at, true),
  u2: (view, at) => view.getUint16(at, true),
  i4: (view, at) => view.getInt32(at, true),
  u4: (view, at) => view.getUint32(at, true),
  i8: (view, at) => Number(view.getBigInt64(at, true)),
  u8: (view, at) => Number(view.getBigUint64(at, true)),
  f4: (view, at) => view.getFloat32(at, true),
  f8: (view, at) => view.getFloat64(at, true),
};

const MAGIC = Buffer.from("\x93NUMPY", "latin1");

/** The header and how many bytes it takes; undefined when more bytes are needed. */
function parseHeader(bytes: Buffer, where: string): { header: NpyHeader; bytes: number } | undefined {
  if (bytes.length < 12) return undefined;
  if (!bytes.subarray(0, 6).equals(MAGIC)) throw new PlatformError("bad-data", `${where}: expected a NumPy array.`);
  const isFirst = bytes[6] === 1;
  const start = isFirst ? 10 : 12;
  const length = isFirst ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8);
  if (bytes.length < start + length) return undefined;
  const text = bytes.toString("latin1", start, start + length);
  const descr = /'descr':\s*'[<|]([a-z]\d+)'/.exec(text)?.[1] ?? "";
  const shape = /'shape':\s*\(([\d,\s]*)\)/.exec(text)?.[1];
  const read = Object.hasOwn(READERS, descr) ? READERS[descr] : undefined;
  if (read === undefined || shape === undefined || !/'fortran_order':\s*False/.test(text)) {
    const expected = `little-endian numbers in C order (${Object.keys(READERS).join(", ")})`;
    throw new PlatformError("bad-data", `${where}: expected ${expected}, got ${text.trim()}.`);
  }
  const sizes = shape
    .split(",")
    .filter((size) => size.trim() !== "")
    .map(Number);
  return { header: { shape: sizes, itemBytes: Number(descr.slice(1)), read }, bytes: start + length };
}
