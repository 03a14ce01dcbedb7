import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { stage } from "./stage.js";

/** Packs the built checkout into `folder`; the path of the tarball. */
export function pack(folder: string): string {
  const staged = mkdtempSync(join(tmpdir(), "sequitur-stage-"));
  try {
    stage(staged);
    mkdirSync(folder, { recursive: true });
    const npm = ["pack", "--json", "--pack-destination", resolve(folder)];
    const packed = JSON.parse(execFileSync("npm", npm, { cwd: staged, encoding: "utf8" })) as { filename: string }[];
    return join(resolve(folder), packed[0]!.filename);
  } finally {
    rmSync(staged, { recursive: true, force: true });
  }
}
