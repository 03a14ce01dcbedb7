import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { fileURLToPath } from "node:url";

/** The value below which a share of the values lies. */
export const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(share * values.length))]!;

/** Rows as aligned columns under their keys. */
export function table(rows: readonly object[]): string {
  const lines = [Object.keys(rows[0]!), ...rows.map((row) => Object.values(row).map(String))];
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines.map((line) => line.map((cell, column) => cell.padStart(widths[column]!)).join("  ")).join("\n");
}

/** Load of the machine in the last minute; taken before a bench makes its own. */
export const loadNow = (): number => loadavg()[0]!;

/** Writes results/NAME.json beside the bench (its `import.meta.url`) with machine, Node and commit; a line that tells them. */
export function writeResults(bench: string, name: string, load: number, results: object): string {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, memoryGb: Math.round(totalmem() / 1e9), load };
  const folder = fileURLToPath(new URL("results", bench));
  mkdirSync(folder, { recursive: true });
  const text = JSON.stringify({ machine, node: process.version, commit, ...results }, null, 2);
  writeFileSync(`${folder}/${name}.json`, `${text}\n`);
  return `load at the start ${load.toFixed(1)} on ${machine.cores} cores, node ${process.version}, ${commit}`;
}
