import { exec } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { ended, scratchFolder, sequitur, start } from "./program.fixture.js";

const shell = promisify(exec);

test("sequitur start tells the whole story, is quick the second time, and its lines can be pasted", async () => {
  const folder = await scratchFolder();
  const where = ["--dir", join(folder, "city"), "--out", join(folder, "report")];
  const first = await sequitur("start", "--once", ...where);
  expect(first.code).toBe(0);
  for (const step of [1, 2, 3, 4, 5]) expect(first.err).toContain(`${step}/5 `);
  expect(first.out).toMatch(/^oracle .*ceiling/m);
  expect(first.out).toMatch(/^personal .*best/m);

  const child = start(["start", "--port", "0", ...where]);
  const end = ended(child);
  let out = "";
  await new Promise<void>((resolve) => {
    child.stdout.on("data", (text: string) => {
      out += text;
      if (out.includes("/v1/next-poi")) resolve();
    });
  });
  const lines = out.split("\n");
  const key = lines.find((line) => line.startsWith("export KEY="))!;
  const curls = lines.filter((line) => line.startsWith("curl "));
  expect(curls).toHaveLength(4);
  for (const line of curls) {
    const { stdout } = await shell(`${key}; ${line}`);
    const answer = JSON.parse(stdout) as { error?: unknown; items?: unknown[]; accepted?: number };
    expect(answer.error).toBeUndefined();
    expect(answer.accepted ?? answer.items!.length).toBeGreaterThan(0);
  }
  child.kill("SIGINT");
  const second = await end;
  expect(second.code).toBe(0);
  expect(second.err).toContain("--fresh makes it again");
}, 600_000);
