// Compiles assembly/ to dist/kernels.wasm when a source changed since the last time. `node build-wasm.mjs [--wat]`
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL(".", import.meta.url));
const target = join(root, "dist", "kernels.wasm");
const stamp = `${target}.sources`;

// --memoryBase is STATIC_DATA of assembly/layout.ts: static data must stay clear of the pool's control block.
const FLAGS =
  "--optimizeLevel 3 --shrinkLevel 0 --noAssert --uncheckedBehavior always --runtime stub --use abort= " +
  "--noExportMemory --importMemory --sharedMemory --initialMemory 32 --maximumMemory 65536 --memoryBase 1048576 " +
  "--enable simd --enable threads --enable bulk-memory";

function fingerprint() {
  const hash = createHash("sha256").update(FLAGS);
  for (const name of readdirSync(join(root, "assembly")).sort()) {
    if (name.endsWith(".ts")) hash.update(name).update(readFileSync(join(root, "assembly", name)));
  }
  return hash.digest("hex");
}

const wanted = fingerprint();
const current = existsSync(target) && existsSync(stamp) ? readFileSync(stamp, "utf8") : "";
if (current !== wanted || process.argv.includes("--wat")) {
  const { default: asc } = await import("assemblyscript/asc");
  mkdirSync(join(root, "dist"), { recursive: true });
  // Built beside the target and moved over it, so that two builds at once never leave half a file.
  const part = `dist/kernels.${process.pid}.wasm`;
  const text = process.argv.includes("--wat") ? ["--textFile", "dist/kernels.wat"] : [];
  let messages = "";
  const { error } = await asc.main(["assembly/index.ts", "--outFile", part, ...text, ...FLAGS.split(" ")], {
    readFile: (name, base) => (existsSync(join(base, name)) ? readFileSync(join(base, name), "utf8") : null),
    stderr: { write: (text) => void (messages += text) },
    writeFile: (name, contents, base) => writeFileSync(join(base, name), contents),
  });
  if (error) {
    throw new Error(`assembly/ does not compile:\n${messages}`, { cause: error });
  }
  renameSync(join(root, part), target);
  writeFileSync(stamp, wanted);
}
