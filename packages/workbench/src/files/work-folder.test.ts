import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openWorkFolder } from "./work-folder.js";

let out: string;
let lock: string;
beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), "work-folder-"));
  lock = join(out, ".progress", "lock");
  await mkdir(join(out, ".progress"));
});
afterEach(() => rm(out, { recursive: true, force: true }));

const lockOf = (owner: object): Promise<void> => writeFile(lock, JSON.stringify(owner));

describe("the lock of a work folder", () => {
  it("keeps a second experiment out, and says how to take the folder over", async () => {
    const folder = await openWorkFolder(out, false);
    await expect(openWorkFolder(out, true)).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringMatching(new RegExp(`process ${process.pid} in it.*delete .*lock and start again`)),
    });
    await folder.leave();
    await (await openWorkFolder(out, true)).remove();
  });

  // Elsewhere the system does not say when a process started.
  it.runIf(process.platform === "linux")("of a process whose number a later one has does not count", async () => {
    const folder = await openWorkFolder(out, false);
    const { mark } = JSON.parse(await readFile(lock, "utf8")) as { mark: string | null };
    await folder.leave();
    await mkdir(join(out, ".progress"), { recursive: true });
    await lockOf({ pid: process.pid, mark: `${mark}0` });
    await expect(openWorkFolder(out, true)).resolves.toBeDefined();
  });

  it("without a start counts while a process of its number runs", async () => {
    await lockOf({ pid: process.pid, mark: null });
    await expect(openWorkFolder(out, true)).rejects.toMatchObject({ code: "unavailable" });
  });

  it.each(["", "not a lock", "0", '{"pid":999999999,"mark":null}'])("of nobody, %j, does not count", async (text) => {
    await writeFile(lock, text);
    await expect(openWorkFolder(out, true)).resolves.toBeDefined();
  });
});
