import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { textBlocks } from "./text-blocks.js";

const folder = mkdtempSync(join(tmpdir(), "sequitur-blocks-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function readAll(path: string, encoding: "utf-8" | "iso-8859-1" = "utf-8"): Promise<string> {
  let text = "";
  let line = 1;
  for await (const block of textBlocks(path, encoding, {})) {
    expect(block.firstLine).toBe(line);
    line += block.bytes.toString("latin1").split("\n").length - 1;
    text += block.bytes.toString(encoding === "utf-8" ? "utf8" : "latin1");
  }
  return text;
}

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** About 3 MB in lines of unequal length, with letters of two and three bytes, so that chunks end within them. */
const long = Array.from({ length: 40_000 }, (_, i) => `${"é€".repeat(i % 31)} ${i}`).join("\n");

test("blocks join to the file, plain, packed, and packed in several members", async () => {
  expect(await readAll(write("plain.txt", long))).toBe(long);
  expect(await readAll(write("packed.txt.gz", gzipSync(long)))).toBe(long);
  const half = long.length >> 1;
  const members = Buffer.concat([gzipSync(long.slice(0, half)), gzipSync(long.slice(half))]);
  expect(await readAll(write("members.gz", members))).toBe(long);
  expect(await readAll(write("misnamed.txt", gzipSync(long)))).toBe(long);
});

test("a byte order mark is not text", async () => {
  expect(await readAll(write("mark.txt", "\u{feff}a\nb\n"))).toBe("a\nb\n");
});

test("a gzip that is cut short names the file and the line", async () => {
  const packed = gzipSync(long);
  const path = write("cut.txt.gz", packed.subarray(0, packed.length >> 1));
  await expect(readAll(path)).rejects.toThrow(/cut\.txt\.gz, line \d{3,}: expected more rows, got the end: the gzip/);
});

test("damaged gzip data is told from a short one", async () => {
  const packed = gzipSync(long);
  packed.fill(0xff, 2000, 2100);
  await expect(readAll(write("damaged.gz", packed), "iso-8859-1")).rejects.toThrow(
    /expected gzip data, got damaged bytes \(Z_/,
  );
});

test("bytes that are not UTF-8 name their line and show it", async () => {
  const path = write("latin.txt", Buffer.from(`${"fine\n".repeat(300_000)}Café\nfine\n`, "latin1"));
  await expect(readAll(path)).rejects.toThrow(
    /latin\.txt, line 300001: expected UTF-8, got bytes that are not \("Café" if/,
  );
  expect(await readAll(path, "iso-8859-1")).toContain("Café");
});

test("UTF-16 is read, with a mark and without", async () => {
  expect(await readAll(write("wide.txt", Buffer.from("\u{feff}a,b\nä,ö\n", "utf16le")))).toBe("a,b\nä,ö\n");
  expect(await readAll(write("wide-be.txt", Buffer.from("\u{feff}a,b\nä,ö\n", "utf16le").swap16()))).toBe("a,b\nä,ö\n");
  expect(await readAll(write("bare.txt", Buffer.from("user,item\na,b\n", "utf16le")))).toBe("user,item\na,b\n");
});

test("empty files, packed or not, missing files and folders are refused", async () => {
  await expect(readAll(write("empty.txt", ""))).rejects.toThrow(/empty\.txt: expected rows, got an empty file/);
  await expect(readAll(write("empty.gz", gzipSync("")))).rejects.toThrow(/empty\.gz: expected rows, got an empty file/);
  await expect(readAll(join(folder, "none.txt"))).rejects.toMatchObject({ code: "not-found" });
  await expect(readAll(folder)).rejects.toThrow(/expected a file, got a folder/);
});

test("reading stops when it is cancelled, and reports bytes up to the file's size", async () => {
  const path = write("long.txt", long);
  const controller = new AbortController();
  const cancelled = async (): Promise<void> => {
    for await (const block of textBlocks(path, "utf-8", { signal: controller.signal })) {
      expect(block.bytes.length).toBeGreaterThan(0);
      controller.abort();
    }
  };
  await expect(cancelled()).rejects.toMatchObject({ code: "cancelled" });
  const done: number[] = [];
  for await (const block of textBlocks(path, "utf-8", { report: (progress) => void done.push(progress.done) })) {
    expect(block.bytes.length).toBeGreaterThan(0);
  }
  expect(done.at(-1)).toBe(Buffer.byteLength(long));
});
