import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Random } from "@sequitur/core";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { getDataset, type GotDataset } from "./get-dataset.js";

const root = mkdtempSync(join(tmpdir(), "sequitur-get-"));
afterAll(() => rmSync(root, { recursive: true }));

const random = new Random(1);
/** Larger than what socket buffers hold, so that a cut falls within the body. */
const BODY = Buffer.from(Uint8Array.from({ length: 3_000_000 }, () => random.integer(256)));
const SHA = createHash("sha256").update(BODY).digest("hex");

type Handler = (request: IncomingMessage, response: ServerResponse) => void;
let handler: Handler = () => undefined;
let requests: (string | undefined)[] = [];
let server: Server;
let address = "";
let datasetsDir = "";
let count = 0;

beforeEach(async () => {
  datasetsDir = join(root, String(count++));
  requests = [];
  server = createServer((request, response) => {
    requests.push(request.headers.range);
    handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function manifest(files: readonly Record<string, unknown>[]): void {
  const folder = join(datasetsDir, "set");
  mkdirSync(folder, { recursive: true });
  const about = {
    name: "set",
    title: "T",
    description: "D",
    source: "http://s",
    licence: "L",
    importer: null,
    revisits: false,
  };
  writeFileSync(join(folder, "dataset.json"), JSON.stringify({ ...about, files }));
}

const raw = (path = ""): string => join(datasetsDir, "set", "raw", path);
const get = (extra: { from?: string; done?: number[] } = {}): Promise<GotDataset> =>
  getDataset({
    name: "set",
    datasetsDir,
    fetch,
    ...(extra.from !== undefined && { from: extra.from }),
    report: ({ done }) => void extra.done?.push(done),
  });

/** Serves BODY with Range; after `cutAfter` bytes of an answer the connection ends, or nothing more comes. */
function serve(options: { cutAfter?: number; ranges?: boolean; etag?: () => string; stalls?: boolean } = {}): Handler {
  const { cutAfter = Infinity, ranges = true, etag = () => '"v1"', stalls = false } = options;
  return (request, response) => {
    const asked = /^bytes=(\d+)-$/.exec(request.headers.range ?? "");
    const isFresh = request.headers["if-range"] === undefined || request.headers["if-range"] === etag();
    const start = ranges && asked !== null && isFresh ? Number(asked[1]) : 0;
    const rest = BODY.subarray(start);
    response.writeHead(start > 0 ? 206 : 200, {
      "content-length": rest.length,
      etag: etag(),
      ...(start > 0 && { "content-range": `bytes ${start}-${BODY.length - 1}/${BODY.length}` }),
    });
    if (rest.length <= cutAfter) response.end(rest);
    else if (stalls) response.write(rest.subarray(0, cutAfter));
    // Ended, not destroyed: what was written arrives, however slow the reader is.
    else response.write(rest.subarray(0, cutAfter), () => response.socket?.end());
  };
}

test("a download is whole, checked, and leaves nothing beside it", async () => {
  handler = serve();
  manifest([
    { path: "in/big.bin", sha256: SHA, urls: [`${address}/big.bin`] },
    { path: "extra", optional: true },
  ]);
  const done: number[] = [];
  const got = await get({ done });
  expect(got.files).toEqual([
    { path: "in/big.bin", state: "downloaded", checksum: "equal" },
    { path: "extra", state: "left out", checksum: "unknown" },
  ]);
  expect(readFileSync(raw("in/big.bin")).equals(BODY)).toBe(true);
  expect(readdirSync(raw("in"))).toEqual(["big.bin"]);
  expect(done.at(-1)).toBe(BODY.length);
  expect((await get()).files[0]!.state).toBe("present");
  expect(requests).toHaveLength(1);
});

test("an interrupted download goes on where it stopped, in the same call", async () => {
  handler = serve({ cutAfter: 1_400_000 });
  manifest([{ path: "big.bin", sha256: SHA, urls: [`${address}/big.bin`] }]);
  await get();
  expect(readFileSync(raw("big.bin")).equals(BODY)).toBe(true);
  // Where a cut answer ends depends on what the client drops with the error; each request goes on from the disk.
  const starts = requests.map((range) => Number(/^bytes=(\d+)-$/.exec(range ?? "bytes=0-")![1]));
  expect(starts.length).toBeGreaterThanOrEqual(3);
  expect(starts).toEqual([...new Set(starts)].sort((a, b) => a - b));
  expect(starts[1]).toBeGreaterThan(0);
});

/** Starts a download of which only the first part comes, and cancels it then. */
async function cancelMidway(cutAfter: number): Promise<void> {
  const controller = new AbortController();
  handler = serve({ cutAfter, stalls: true });
  const getting = getDataset({
    name: "set",
    datasetsDir,
    fetch,
    signal: controller.signal,
    report: ({ done }) => void (done >= cutAfter && controller.abort()),
  });
  await expect(getting).rejects.toMatchObject({ code: "cancelled" });
}

test("a download cancelled midway is resumed by a later call", async () => {
  manifest([{ path: "big.bin", sha256: SHA, urls: [`${address}/big.bin`] }]);
  await cancelMidway(1_000_000);
  const part = statSync(raw("big.bin.new.part")).size;
  expect(part).toBe(1_000_000);
  expect(existsSync(raw("big.bin"))).toBe(false);
  handler = serve();
  await get();
  expect(requests.at(-1)).toBe(`bytes=${part}-`);
  expect(readFileSync(raw("big.bin")).equals(BODY)).toBe(true);
});

test("a server that ignores Range, and a file that changed since, start over", async () => {
  for (const second of [serve({ ranges: false }), serve({ etag: () => '"v2"' })]) {
    manifest([{ path: "big.bin", sha256: SHA, urls: [`${address}/big.bin`] }]);
    await cancelMidway(500_000);
    handler = second;
    await get();
    expect(readFileSync(raw("big.bin")).equals(BODY)).toBe(true);
    rmSync(raw("big.bin"));
  }
});

test("a part that is whole already is kept, one that is too long is fetched anew", async () => {
  manifest([{ path: "big.bin", sha256: SHA, urls: [`${address}/big.bin`] }]);
  handler = (request, response) => {
    if (request.headers.range === undefined) serve()(request, response);
    else response.writeHead(416, { "content-range": `bytes */${BODY.length}` }).end();
  };
  const startWith = (part: Buffer): void => {
    rmSync(raw(), { recursive: true, force: true });
    mkdirSync(raw(), { recursive: true });
    writeFileSync(raw("big.bin.new.part"), part);
    writeFileSync(raw("big.bin.new.part.json"), JSON.stringify({ url: `${address}/big.bin`, validator: '"v1"' }));
  };
  startWith(BODY);
  await get();
  expect(readFileSync(raw("big.bin")).equals(BODY)).toBe(true);
  startWith(Buffer.concat([BODY, Buffer.from("too much")]));
  await expect(get()).rejects.toThrow(/the file changed while it was fetched; run it again/);
  await get();
  expect(readFileSync(raw("big.bin")).equals(BODY)).toBe(true);
});

test("a wrong checksum is refused and the file removed", async () => {
  handler = serve();
  manifest([{ path: "big.bin", sha256: "0".repeat(64), urls: [`${address}/big.bin`] }]);
  const getting = get();
  await expect(getting).rejects.toMatchObject({ code: "bad-data" });
  await expect(getting).rejects.toThrow(/expected big\.bin with sha256 0{64}, got [0-9a-f]{64}\.$/);
  expect(readdirSync(raw())).toEqual([]);
});

test("404, 500 and an unreachable server are told apart", async () => {
  const status = { code: 404 };
  handler = (_request, response) => void response.writeHead(status.code).end();
  manifest([{ path: "a", urls: [`${address}/a`] }]);
  await expect(get()).rejects.toMatchObject({
    code: "not-found",
    message: `${address}/a: expected status 200, got 404.`,
  });
  status.code = 500;
  await expect(get()).rejects.toMatchObject({ code: "unavailable" });
  manifest([{ path: "a", urls: ["http://127.0.0.1:9/a"] }]);
  const offline = get();
  await expect(offline).rejects.toMatchObject({ code: "unavailable" });
  await expect(offline).rejects.toThrow(
    /127\.0\.0\.1:9 cannot be reached \(.+\): is this machine offline\? .* --from\.$/,
  );
});

test("the next address is tried; when all fail each reason is told", async () => {
  handler = (request, response) => {
    if (request.url === "/good") serve()(request, response);
    else response.writeHead(404).end();
  };
  manifest([{ path: "a", sha256: SHA, urls: [`${address}/bad`, `${address}/good`] }]);
  expect((await get()).files[0]!.state).toBe("downloaded");
  manifest([{ path: "b", urls: [`${address}/bad`, `${address}/worse`] }]);
  await expect(get()).rejects.toThrow(/b: none of 2 addresses worked: .*\/bad: .* \| .*\/worse: /);
});

test("a file without address names where to get it", async () => {
  manifest([{ path: "a" }]);
  await expect(get()).rejects.toThrow(/a cannot be downloaded by a program; get it from http:\/\/s/);
});

// A zip archive of the two files set/a.txt ("alpha\n", deflated) and set/b.txt ("beta\n", stored).
const ZIP = Buffer.from(
  "UEsDBBQAAAAIAAAAIVDsbmCfCAAAAAYAAAAJAAAAc2V0L2EudHh0S8wpyEjkAgBQSwMEFAAAAAAAAAAhUHWn4+YFAAAABQAAAAkAAABzZXQvYi50eHRiZXRhClBLAQIUAxQAAAAIAAAAIVDsbmCfCAAAAAYAAAAJAAAAAAAAAAAAAACAAQAAAABzZXQvYS50eHRQSwECFAMUAAAAAAAAACFQdafj5gUAAAAFAAAACQAAAAAAAAAAAAAAgAEvAAAAc2V0L2IudHh0UEsFBgAAAAACAAIAbgAAAFsAAAAAAA==",
  "base64",
);

test("members of an archive are unpacked, and the archive is fetched once and removed", async () => {
  handler = (_request, response) => void response.end(ZIP);
  const urls = [`${address}/set.zip`];
  const sha256 = createHash("sha256").update("alpha\n").digest("hex");
  manifest([
    { path: "a.txt", urls, member: "set/a.txt", sha256 },
    { path: "b.txt", urls, member: "other/b.txt" },
  ]);
  const got = await get();
  expect(got.files.map(({ checksum }) => checksum)).toEqual(["equal", "unknown"]);
  expect(readFileSync(raw("a.txt"), "utf8") + readFileSync(raw("b.txt"), "utf8")).toBe("alpha\nbeta\n");
  expect(readdirSync(raw())).toEqual(["a.txt", "b.txt"]);
  expect(requests).toHaveLength(1);
});

test("a damaged archive and a missing member are bad-data, and the archive is not kept", async () => {
  const urls = [`${address}/set.zip`];
  for (const [body, member] of [
    [ZIP.subarray(0, 60), "set/a.txt"],
    [ZIP, "set/c.txt"],
  ] as const) {
    handler = (_request, response) => void response.end(body);
    manifest([{ path: "a.txt", urls, member }]);
    await expect(get()).rejects.toMatchObject({ code: "bad-data" });
    expect(existsSync(raw("a.txt"))).toBe(false);
    expect(readdirSync(raw(".archives"))).toEqual([]);
  }
});

test("a local folder is copied: the file itself, else a listed form of it, checked where a checksum is known", async () => {
  const from = join(datasetsDir, "copy");
  mkdirSync(join(from, "deep"), { recursive: true });
  writeFileSync(join(from, "deep", "form.subset.txt"), BODY);
  manifest([
    { path: "whole.txt", alternatives: [{ path: "form*.txt", sha256: SHA }] },
    { path: "missing.txt", optional: true },
  ]);
  expect((await get({ from })).files).toEqual([
    { path: "deep/form.subset.txt", state: "copied", checksum: "equal" },
    { path: "missing.txt", state: "left out", checksum: "unknown" },
  ]);
  expect(readFileSync(raw("deep/form.subset.txt")).equals(BODY)).toBe(true);
  expect((await get()).files[0]).toEqual({ path: "deep/form.subset.txt", state: "present", checksum: "unknown" });
  writeFileSync(join(from, "deep", "form.subset.txt"), "changed");
  await expect(get({ from })).rejects.toThrow(/expected form\.subset\.txt with sha256/);
  manifest([{ path: "whole.txt" }]);
  await expect(get({ from })).rejects.toThrow(/copy: expected whole\.txt, got deep\/form\.subset\.txt\.$/);
});
