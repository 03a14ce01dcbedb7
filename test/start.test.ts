import { exec } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { ended, scratchFolder, sequitur, start } from "./program.fixture.js";

const shell = promisify(exec);

test("sequitur start tells the whole story, is quick the second time, and its line can be pasted", async () => {
  const folder = await scratchFolder();
  const where = ["--size", "tiny", "--dir", join(folder, "city"), "--out", join(folder, "report")];
  const first = await sequitur("start", "--once", ...where);
  expect(first.code).toBe(0);
  for (const step of [1, 2, 3, 4]) expect(first.err).toContain(`${step}/4 `);
  expect(first.out).toMatch(/^oracle .*ceiling/m);
  for (const model of ["popularity", "als", "sasrec", "seaget"]) {
    expect(first.out).toMatch(new RegExp(`^${model} +[█░]{40} +\\d+ %`, "m"));
  }
  expect(first.out.match(/answers now$/gm)).toHaveLength(1);
  const page = /^Report {2}(file:.*)$/m.exec(first.out)![1]!;
  expect(await readFile(new URL(page), "utf8")).toContain("seaget");

  const child = start(["start", "--port", "0", ...where]);
  const end = ended(child);
  let out = "";
  await new Promise<void>((resolve) => {
    child.stdout.on("data", (text: string) => {
      out += text;
      if (/^curl .*\n/m.test(out)) resolve();
    });
  });
  const { stdout } = await shell(/^curl .*$/m.exec(out)![0]);
  const answer = JSON.parse(stdout) as { readonly items: readonly { readonly reasons: readonly unknown[] }[] };
  expect(answer.items).toHaveLength(5);
  const reference = await fetch(/^API {5}(http:.*)$/m.exec(out)![1]!);
  expect(await reference.text()).toContain("<html");
  child.kill("SIGINT");
  const second = await end;
  expect(second.code).toBe(0);
  expect(second.err).toContain("--fresh makes it again");
}, 600_000);
