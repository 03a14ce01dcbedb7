/**
 * Bundles tfjs-core, its gradients and the plain CPU backend into dist/tfjs.js, one ES module with one tfjs-core.
 * Node cannot import the registration files themselves (their imports have no extensions), and the union package that
 * could is 290 MB. The source reaches the bundle as "#tfjs", in tests as in production.
 */
import { build } from "esbuild";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

await build({
  entryPoints: [here("entry.js")],
  outfile: here("../dist/tfjs.js"),
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
