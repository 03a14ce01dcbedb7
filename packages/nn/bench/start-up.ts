import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** From an empty process to the first result, of the built package: medians of 5 in ms, sizes in bytes. */
export function measureStartUp() {
  const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
  const script = `
    const start = performance.now();
    const nn = await import(${JSON.stringify(here("../dist/index.js"))});
    const imported = performance.now();
    await nn.selectBackend("sequitur", { threads: 2 });
    const selected = performance.now();
    nn.tf.tidy(() => nn.tf.matMul(nn.tf.ones([64, 64]), nn.tf.ones([64, 64])).dataSync());
    const first = performance.now();
    console.log(JSON.stringify({ importMs: imported - start, selectMs: selected - imported, firstMs: first - selected,
      totalMs: first - start, residentBytes: process.memoryUsage().rss, engine: nn.engineMemory() }));
    process.exit(0);`;
  const runs = Array.from({ length: 5 }, () => {
    const text = execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
    return JSON.parse(text) as {
      importMs: number;
      selectMs: number;
      firstMs: number;
      totalMs: number;
      residentBytes: number;
    };
  });
  const sorted = runs.sort((a, b) => a.totalMs - b.totalMs);
  return { ...sorted[2], tfjsBytes: statSync(here("../dist/tfjs.js")).size };
}
