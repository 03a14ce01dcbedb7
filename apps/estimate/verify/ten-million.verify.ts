import { fileWriter, ParquetWriter } from "hyparquet-writer";
import { rmSync, statSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { estimate, parseSettings } from "../src/index.js";

const SLATES = Number(process.env["SEQUITUR_SLATES"] ?? 10_000_000);
const LENGTH = 2;
const ITEMS = 20;
const USERS = 1_000_000;
const GROUP = 250_000;
/** The same item is shown first, and another one below, both uniformly; item a is clicked in a of 40 slates. */
const VALUE = (LENGTH * (ITEMS - 1)) / 2 / 40;

const SCHEMA = [
  { name: "root", num_children: 7 },
  { name: "slate", type: "INT32", repetition_type: "REQUIRED" },
  { name: "user", type: "INT32", repetition_type: "REQUIRED" },
  { name: "item", type: "INT32", repetition_type: "REQUIRED" },
  { name: "position", type: "INT32", repetition_type: "REQUIRED" },
  { name: "reward", type: "INT32", repetition_type: "REQUIRED" },
  { name: "propensity", type: "DOUBLE", repetition_type: "REQUIRED" },
  { name: "conditional", type: "DOUBLE", repetition_type: "REQUIRED" },
] as const;

/** Writes the log a row group at a time, so that the file costs no memory. */
async function writeSlates(path: string): Promise<void> {
  const parquet = new ParquetWriter({ writer: fileWriter(path), schema: [...SCHEMA] });
  for (let start = 0; start < SLATES; start += GROUP) {
    const columnData = columnsAt(start, Math.min(GROUP, SLATES - start));
    await parquet.write({ columnData, rowGroupSize: LENGTH * GROUP });
  }
  await parquet.finish();
}

function columnsAt(start: number, size: number) {
  const rows = size * LENGTH;
  const column = () => new Int32Array(rows);
  const columns = { slate: column(), user: column(), item: column(), position: column(), reward: column() };
  for (let at = 0; at < size; at++) {
    const slate = start + at;
    const first = hash(slate, 1) % ITEMS;
    const second = (first + 1 + (hash(slate, 2) % (ITEMS - 1))) % ITEMS;
    for (const [position, item] of [first, second].entries()) {
      const row = at * LENGTH + position;
      columns.slate[row] = slate;
      columns.user[row] = hash(slate, 5) % USERS;
      columns.item[row] = item;
      columns.position[row] = position;
      columns.reward[row] = hash(slate, 3 + position) % 40 < item ? 1 : 0;
    }
  }
  const conditional = Float64Array.from({ length: rows }, (_, row) => 1 / (ITEMS - (row % LENGTH)));
  const named = Object.entries(columns).map(([name, data]) => ({ name, data }));
  return [
    ...named,
    { name: "propensity", data: new Float64Array(rows).fill(1 / ITEMS) },
    { name: "conditional", data: conditional },
  ];
}

function hash(slate: number, stream: number): number {
  let h = Math.imul(slate ^ Math.imul(stream, 0x9e3779b1), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15), 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 13), 0x27d4eb2f);
  return (h ^ (h >>> 16)) >>> 0;
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

test(
  "every estimator takes ten million slates from Parquet in memory that does not grow with them",
  { timeout: 3_600_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "ten-million-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const log = join(folder, "slates.parquet");
    await writeSlates(log);
    const before = process.resourceUsage().maxRSS * 1024;
    const settings = parseSettings({ log, policies: ["random"] }, "verify");
    const report = await estimate(settings, { out: join(folder, "out") });
    const peak = process.resourceUsage().maxRSS * 1024;
    const { estimates, skipped } = report.policies[0]!;
    process.stdout.write(
      `\n${SLATES} slates, ${megabytes(statSync(log).size)} of Parquet, ${estimates.length} estimators: ` +
        `${report.seconds.toFixed(0)} s, peak ${megabytes(peak)} (${megabytes(before)} before)\n`,
    );
    expect(skipped).toEqual([]);
    for (const { value } of estimates) expect(value!).toBeCloseTo(VALUE, 2);
    expect(peak).toBeLessThan(800e6);
  },
);
