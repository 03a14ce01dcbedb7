import { mkdir, open, readFile, rm, stat, writeFile, type FileHandle } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { PlatformError, throwIfCancelled } from "@sequitur/core";
import { moveIntoPlace } from "@sequitur/core/files";
import type { ImportRun } from "../sources/source-folder.js";

/** The platform's fetch, or a test's. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface DownloadRun extends ImportRun {
  readonly fetch: Fetch;
}

/** Tries after an interrupted body, as long as each brought something new. */
const MAX_TRIES = 5;

/**
 * Fetches an address into a file. States on disk: `PATH.part` holds the bytes so far and `PATH.part.json` the server's
 * validator of them; PATH appears at the end, by renaming. A later call asks for the rest by Range with If-Range, so a
 * file that changed upstream starts over, as it does with a server that ignores Range. Errors: `unavailable` when the
 * server cannot be reached or fails or the body ends early, `not-found` for 404 and 410.
 */
export async function download(url: string, path: string, run: DownloadRun): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const part = `${path}.part`;
  for (let attempt = 1; ; attempt++) {
    const before = await sizeOf(part);
    try {
      await fetchRest(url, part, run);
      break;
    } catch (error) {
      throwIfCancelled(run.signal);
      const isCut = error instanceof PlatformError && error.code === "unavailable";
      if (!isCut || attempt === MAX_TRIES || (await sizeOf(part)) <= before) throw error;
    }
  }
  await moveIntoPlace(part, path);
  await rm(`${part}.json`, { force: true });
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch {
    return 0;
  }
}

async function fetchRest(url: string, part: string, run: DownloadRun): Promise<void> {
  const validator = await readValidator(part, url);
  const start = validator === undefined ? 0 : await sizeOf(part);
  const response = await request(url, start, validator, run);
  if (response.status === 416) {
    // Nothing follows: the part is whole, or it is longer than the file and must go.
    const total = Number(/\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1]);
    await response.body?.cancel();
    if (total === start) return;
    await rm(part, { force: true });
    throw new PlatformError("unavailable", `${url}: the file changed while it was fetched; run it again.`);
  }
  checkStatus(url, response);
  const isRest = response.status === 206;
  const from = isRest ? rangeStart(url, response, start) : 0;
  await writeValidator(part, url, response);
  const total = from + lengthOf(response);
  const file = await open(part, isRest ? "r+" : "w");
  try {
    const received = await writeBody({ url, response, file, from, total, run });
    if (received < total) throw cutShort(url, received, total);
  } finally {
    await file.close();
  }
}

async function request(url: string, start: number, validator: string | undefined, run: DownloadRun): Promise<Response> {
  const headers: Record<string, string> = { "accept-encoding": "identity" };
  if (start > 0 && validator !== undefined) {
    headers["range"] = `bytes=${start}-`;
    if (validator !== "") headers["if-range"] = validator;
  }
  try {
    return await run.fetch(url, { headers, redirect: "follow", ...(run.signal && { signal: run.signal }) });
  } catch (cause) {
    throwIfCancelled(run.signal);
    const reason = reasonOf(cause);
    throw new PlatformError(
      "unavailable",
      `${new URL(url).host} cannot be reached (${reason}): is this machine offline? Fetch ${url} elsewhere and name its folder with --from.`,
      { cause },
    );
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

function checkStatus(url: string, response: Response): void {
  if (response.status === 200 || response.status === 206) return;
  const isGone = response.status === 404 || response.status === 410;
  throw new PlatformError(isGone ? "not-found" : "unavailable", `${url}: expected status 200, got ${response.status}.`);
}

function rangeStart(url: string, response: Response, asked: number): number {
  const range = response.headers.get("content-range") ?? "";
  const start = Number(/^bytes (\d+)-/.exec(range)?.[1]);
  if (start === asked) return asked;
  throw new PlatformError("unavailable", `${url}: expected the bytes from ${asked}, got content-range "${range}".`);
}

/** Bytes that the body has; NaN when the server does not say, or sends it encoded. */
function lengthOf(response: Response): number {
  const length = response.headers.get("content-length");
  return length === null || response.headers.get("content-encoding") !== null ? Number.NaN : Number(length);
}

interface BodyWrite {
  readonly url: string;
  readonly response: Response;
  readonly file: FileHandle;
  readonly from: number;
  readonly total: number;
  readonly run: DownloadRun;
}

async function writeBody({ url, response, file, from, total, run }: BodyWrite): Promise<number> {
  let at = from;
  const task = `download ${basename(new URL(url).pathname)}`;
  await file.truncate(from);
  try {
    for await (const chunk of response.body ?? []) {
      throwIfCancelled(run.signal);
      await file.write(chunk as Uint8Array, 0, (chunk as Uint8Array).length, at);
      at += (chunk as Uint8Array).length;
      run.report?.({ task, done: at, total, unit: "bytes" });
    }
  } catch (cause) {
    throwIfCancelled(run.signal);
    if (cause instanceof PlatformError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === "ENOSPC")
      throw new PlatformError("unavailable", `no space left for ${url} after ${at} bytes.`, { cause });
    throw cutShort(url, at, total, cause);
  }
  return at;
}

function cutShort(url: string, received: number, total: number, cause?: unknown): PlatformError {
  const expected = Number.isNaN(total) ? "the whole file" : `${total} bytes`;
  return new PlatformError(
    "unavailable",
    `${url}: expected ${expected}, got ${received} bytes before the connection ended; run it again to go on from there.`,
    { cause },
  );
}

/** The validator of the bytes in the part: an ETag or date, "" when the server gave none; undefined to start over. */
async function readValidator(part: string, url: string): Promise<string | undefined> {
  try {
    const value = JSON.parse(await readFile(`${part}.json`, "utf8")) as { url?: unknown; validator?: unknown };
    return value.url === url && typeof value.validator === "string" ? value.validator : undefined;
  } catch {
    return undefined;
  }
}

async function writeValidator(part: string, url: string, response: Response): Promise<void> {
  const etag = response.headers.get("etag") ?? "";
  // A weak ETag does not promise equal bytes, so If-Range must not use it.
  const validator = etag !== "" && !etag.startsWith("W/") ? etag : (response.headers.get("last-modified") ?? "");
  await writeFile(`${part}.json`, JSON.stringify({ url, validator }));
}
