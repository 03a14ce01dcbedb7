/**
 * Bundles tfjs-core, its gradients and the plain CPU backend into dist/tfjs.js, one ES module with one tfjs-core.
 * Node cannot import the registration files themselves (their imports have no extensions), and the union package that
 * could is 290 MB. The source reaches the bundle as "#tfjs", in tests as in production.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { build } from "esbuild";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const outfile = here("../dist/tfjs.js");

const { outputFiles } = await build({
  entryPoints: [here("entry.js")],
  outfile,
  write: false,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  mainFields: ["module", "main"],
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "eof",
  // Only asked for when there is no global fetch, which every supported Node has.
  external: ["node-fetch"],
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  logLevel: "error",
});

// Tests of other packages may be reading the bundle right now: it is replaced in one step, and only when it changed.
const [{ contents }] = outputFiles;
if (!isCurrent()) {
  mkdirSync(here("../dist"), { recursive: true });
  writeFileSync(`${outfile}.${process.pid}.part`, contents);
  renameSync(`${outfile}.${process.pid}.part`, outfile);
}

function isCurrent() {
  try {
    return readFileSync(outfile).equals(contents);
  } catch {
    return false;
  }
}
