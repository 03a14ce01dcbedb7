/**
 * Copies the files of the reference page into dist/reference: three files of swagger-ui-dist, so that nobody who
 * installs Sequitur has to install the other 10 MB and their install script.
 */
import { copyFileSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const source = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
const target = fileURLToPath(new URL("dist/reference/", import.meta.url));

mkdirSync(target, { recursive: true });
for (const name of ["swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png", "LICENSE", "NOTICE"]) {
  copyFileSync(join(source, name), join(target, name));
}
