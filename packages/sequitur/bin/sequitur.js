#!/usr/bin/env node
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const run = new URL("../dist/run.js", import.meta.url);
if (existsSync(fileURLToPath(run))) {
  await import(run.href);
} else {
  process.stderr.write("sequitur: not built yet, run `npm run build` first.\n");
  process.exitCode = 1;
}
