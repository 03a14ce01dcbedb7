import { isUtf8 } from "node:buffer";
import { basename } from "node:path";
import { PlatformError, throwIfCancelled } from "@sequitur/core";
import type { ImportRun } from "./source-folder.js";
import { plainText } from "./text-encoding.js";
import { packedSize, UnpackError, unpackedChunks } from "./unpack.js";

const MAX_LINE_BYTES = 64 << 20;
const NEWLINE = 0x0a;

/** How the bytes of a file stand for text. A value of an ISO-8859-1 file that is valid UTF-8 is read as UTF-8. */
export type TextEncoding = "utf-8" | "iso-8859-1";

/** Whole lines of a text file, one after another, each ended by a newline (or by the end of the file). */
export interface TextBlock {
  readonly bytes: Buffer;
  /** 1-based number of the first line. */
  readonly firstLine: number;
}

/**
 * The lines of a file in blocks of about 1 MB, unpacked and recoded as its first bytes say. Memory stays at a few blocks
 * whatever the file's size. `not-found` for a missing file; `bad-data` for an empty one, a gzip that is cut
 * short, and bytes that are not UTF-8 where UTF-8 is expected, each with its line.
 */
export async function* textBlocks(path: string, encoding: TextEncoding, run: ImportRun): AsyncGenerator<TextBlock> {
  const size = await packedSize(path);
  const task = `read ${basename(path)}`;
  const state: LineState = { path, encoding, line: 1, carry: Buffer.alloc(0), first: true };
  const progress = { done: 0 };
  try {
    for await (const chunk of plainText(unpackedChunks(path, progress))) {
      throwIfCancelled(run.signal);
      const block = takeLines(state, chunk);
      if (block !== undefined) yield block;
      run.report?.({ task, done: progress.done, total: size, unit: "bytes" });
    }
  } catch (cause) {
    throw readError(state, cause);
  }
  if (state.carry.length > 0) {
    yield checkedBlock(state, state.carry);
    state.first = false;
  }
  if (state.first) throw new PlatformError("bad-data", `${path}: expected rows, got an empty file.`);
}

/** The whole text of a small file, such as a table of titles. */
export async function readText(path: string, encoding: TextEncoding, run: ImportRun): Promise<string> {
  const blocks: Buffer[] = [];
  for await (const block of textBlocks(path, encoding, run)) blocks.push(block.bytes);
  return decodeText(Buffer.concat(blocks), encoding);
}

/** Bytes as text, by the rule of `TextEncoding`. */
export function decodeText(bytes: Buffer, encoding: TextEncoding): string {
  return bytes.toString(encoding === "utf-8" || isUtf8(bytes) ? "utf8" : "latin1");
}

interface LineState {
  readonly path: string;
  readonly encoding: TextEncoding;
  line: number;
  carry: Buffer;
  first: boolean;
}

/** The whole lines of carry + chunk; the started last line becomes the new carry. */
function takeLines(state: LineState, chunk: Buffer): TextBlock | undefined {
  const end = chunk.lastIndexOf(NEWLINE);
  if (end < 0) {
    state.carry = Buffer.concat([state.carry, chunk]);
    if (state.carry.length > MAX_LINE_BYTES) {
      throw new PlatformError(
        "bad-data",
        `${state.path}, line ${state.line}: expected text, got 64 MB without a newline.`,
      );
    }
    return undefined;
  }
  const head = chunk.subarray(0, end + 1);
  const bytes = state.carry.length > 0 ? Buffer.concat([state.carry, head]) : head;
  state.carry = Buffer.from(chunk.subarray(end + 1));
  return checkedBlock(state, bytes);
}

function checkedBlock(state: LineState, raw: Buffer): TextBlock {
  const firstLine = state.line;
  if (state.encoding === "utf-8" && !isUtf8(raw)) throw notUtf8(state, raw);
  const hasMark = state.first && raw[0] === 0xef && raw[1] === 0xbb && raw[2] === 0xbf;
  const bytes = hasMark ? raw.subarray(3) : raw;
  state.first = false;
  state.line += countNewlines(bytes);
  return { bytes, firstLine };
}

function countNewlines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}

function notUtf8(state: LineState, bytes: Buffer): PlatformError {
  let line = state.line;
  let start = 0;
  while (start < bytes.length) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline < 0 ? bytes.length : newline;
    if (!isUtf8(bytes.subarray(start, end))) break;
    start = end + 1;
    line += 1;
  }
  const shown = bytes
    .subarray(start, start + 40)
    .toString("latin1")
    .split("\n")[0];
  return new PlatformError(
    "bad-data",
    `${state.path}, line ${line}: expected UTF-8, got bytes that are not ("${shown}" if read as ISO-8859-1).`,
  );
}

function readError(state: LineState, cause: unknown): unknown {
  if (cause instanceof PlatformError) return cause;
  if (cause instanceof UnpackError) {
    const what = cause.isCut
      ? `expected more rows, got the end: the ${cause.packing} file is cut short.`
      : `expected ${cause.packing} data, got damaged bytes (${cause.message}).`;
    return new PlatformError("bad-data", `${state.path}, line ${state.line}: ${what}`, { cause });
  }
  const code = (cause as NodeJS.ErrnoException).code ?? "";
  if (code === "EACCES") return new PlatformError("unavailable", `${state.path}: reading is not permitted.`, { cause });
  return cause;
}
