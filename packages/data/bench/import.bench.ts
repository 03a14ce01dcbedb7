import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import { join, resolve } from "node:path";
import {
  datasetStats,
  fingerprint,
  importDataset,
  loadPrepared,
  openDataset,
  savePrepared,
  type Dataset,
  type ImportOptions,
} from "../src/index.js";
import { CSV, JSON_LINES, QUOTED_CSV, RATINGS_DAT, writeLog, writeParquet, type LogShape } from "./generate.js";

/*
 * What reading costs, in seconds and peak memory. Each case runs in a process of its own, three times (once for the
 * long ones); the median times and the largest peak are reported. The first process only writes the files and is not
 * measured. Run: npm run bench -w @sequitur/data [-- NAME].
 */

const datasetsDir = resolve(import.meta.dirname, "../../../datasets");
const local = resolve(process.env["SEQUITUR_DATASETS"] ?? resolve(import.meta.dirname, "../../../../shared/datasets"));
const TEN_MILLION = 10_000_000;
const TWENTY_MILLION = 20_000_000;

const mapping = { user: "userId", item: "movieId", time: "timestamp", timeUnit: "s", weight: "rating" } as const;
const generic = (file: string): (() => Promise<Dataset>) => {
  const source: ImportOptions = { files: [file], mapping };
  return () => importDataset({ name: "bench", source });
};

interface Case {
  readonly name: string;
  readonly file: string;
  readonly rows: number;
  readonly runs: number;
  /** Writes the file when it is not there yet. */
  readonly prepare: (path: string) => void | Promise<void>;
  readonly measure: (path: string) => Promise<Dataset>;
}

const log = (rows: number, shape: Pick<LogShape, "header" | "line">) => (path: string) => {
  writeLog(path, { rows, ...shape });
};

const cases: readonly Case[] = [
  {
    name: "ml-1m sequences",
    file: join(local, "ml-1m", "ml-1m.sequences.txt.gz"),
    rows: 1_000_209,
    runs: 3,
    prepare: () => undefined,
    measure: () => openDataset({ name: "ml-1m", datasetsDir, from: join(local, "ml-1m"), cache: false }),
  },
  {
    name: "ratings.dat of ml-1m's size",
    file: "ml-1m/ratings.dat",
    rows: 1_000_209,
    runs: 3,
    prepare: log(1_000_209, RATINGS_DAT),
    measure: (path) => openDataset({ name: "ml-1m", datasetsDir, from: resolve(path, ".."), cache: false }),
  },
  {
    name: "csv 10M",
    file: "ten.csv",
    rows: TEN_MILLION,
    runs: 3,
    prepare: log(TEN_MILLION, CSV),
    measure: (path) => generic(path)(),
  },
  {
    name: "csv 10M, quoted ids (csv-parse)",
    file: "quoted.csv",
    rows: TEN_MILLION,
    runs: 1,
    prepare: log(TEN_MILLION, QUOTED_CSV),
    measure: (path) => generic(path)(),
  },
  {
    name: "json lines 10M",
    file: "ten.jsonl",
    rows: TEN_MILLION,
    runs: 1,
    prepare: log(TEN_MILLION, JSON_LINES),
    measure: (path) => generic(path)(),
  },
  {
    name: "parquet 10M",
    file: "ten.parquet",
    rows: TEN_MILLION,
    runs: 3,
    prepare: (path) => writeParquet(path, TEN_MILLION),
    measure: (path) => generic(path)(),
  },
  {
    name: "csv 20M",
    file: "twenty.csv",
    rows: TWENTY_MILLION,
    runs: 1,
    prepare: log(TWENTY_MILLION, CSV),
    measure: (path) => generic(path)(),
  },
  {
    name: "save prepared 20M (with its import)",
    file: "twenty.csv",
    rows: TWENTY_MILLION,
    runs: 1,
    prepare: () => undefined,
    measure: async (path) => {
      const dataset = await generic(path)();
      await savePrepared(join(path, "../twenty.safetensors"), dataset);
      return dataset;
    },
  },
  {
    name: "load prepared 20M",
    file: "twenty.safetensors",
    rows: TWENTY_MILLION,
    runs: 3,
    prepare: () => undefined,
    measure: (path) => loadPrepared(path),
  },
  {
    name: "load, stats and fingerprint 20M",
    file: "twenty.safetensors",
    rows: TWENTY_MILLION,
    runs: 1,
    prepare: () => undefined,
    measure: async (path) => {
      const dataset = await loadPrepared(path);
      datasetStats(dataset.interactions);
      if (fingerprint(dataset.interactions) !== dataset.fingerprint) throw new Error("the fingerprint changed");
      return dataset;
    },
  },
];

interface Measured {
  readonly seconds: number;
  /** Processor time of all threads: what the case costs on a machine that does other work beside. */
  readonly cpuSeconds: number;
  readonly peakMb: number;
}

type Result = Readonly<Record<string, unknown>> & { readonly name: string };

/** What was read is what was written: rows, the first user's share of them, and the mean of the stars. */
function check(dataset: Dataset, rows: number): void {
  const { interactions } = dataset;
  if (interactions.size !== rows) throw new Error(`expected ${rows} rows, got ${interactions.size}`);
  const { weight } = interactions.context;
  if (weight === undefined || rows < TEN_MILLION) return;
  const firstUser = interactions.userOffsets[1]!;
  if (firstUser !== Math.ceil(rows / 138_493)) throw new Error(`odd number of rows of the first user: ${firstUser}`);
  const mean = weight.reduce((sum, stars) => sum + stars, 0) / rows;
  if (Math.abs(mean - 2.75) > 0.01) throw new Error(`expected a mean of 2.75 stars, got ${mean}`);
}

async function measureCase(name: string, path: string): Promise<void> {
  const found = cases.find((entry) => entry.name === name)!;
  const start = performance.now();
  const cpuStart = process.cpuUsage();
  const dataset = await found.measure(path);
  const seconds = (performance.now() - start) / 1000;
  const cpu = process.cpuUsage(cpuStart);
  const cpuSeconds = (cpu.user + cpu.system) / 1e6;
  const peakMb = process.resourceUsage().maxRSS / 1024;
  check(dataset, found.rows);
  process.stdout.write(JSON.stringify({ seconds, cpuSeconds, peakMb } satisfies Measured));
}

function runCase(name: string, path: string): Measured {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [...process.execArgv, import.meta.filename, "--measure", name, path],
    { encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`${name}: ${stderr}`);
  return JSON.parse(stdout) as Measured;
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "sequitur-bench-"));
  const only = process.argv[2];
  const results: Result[] = [];
  try {
    for (const { name, file, rows, runs, prepare } of cases) {
      if (only !== undefined && !name.includes(only)) continue;
      const path = resolve(folder, file);
      mkdirSync(join(path, ".."), { recursive: true });
      if (!existsSync(path)) await prepare(path);
      if (!existsSync(path)) {
        process.stdout.write(`${name.padEnd(38)} skipped: no ${path}\n`);
        continue;
      }
      const measured = Array.from({ length: runs }, () => runCase(name, path));
      const times = measured.map(({ seconds }) => seconds).sort((a, b) => a - b);
      const seconds = times[times.length >> 1]!;
      const cpuSeconds = measured.map((run) => run.cpuSeconds).sort((a, b) => a - b)[runs >> 1]!;
      const peakMb = Math.max(...measured.map(({ peakMb }) => peakMb));
      const fileMb = statSync(path).size / 2 ** 20;
      results.push({ name, rows, runs, seconds, cpuSeconds, fastest: times[0], slowest: times.at(-1), peakMb, fileMb });
      const rate = (rows / cpuSeconds / 1e6).toFixed(2);
      process.stdout.write(
        `${name.padEnd(38)} ${seconds.toFixed(2).padStart(7)} s, ${cpuSeconds.toFixed(2).padStart(6)} s CPU, ${rate.padStart(6)} M rows a CPU s, ${peakMb.toFixed(0).padStart(6)} MB peak, file ${fileMb.toFixed(0)} MB\n`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  writeResults(results);
}

/** One case measured again replaces its own line and leaves the others. */
function writeResults(results: readonly Result[]): void {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  const [cpu] = cpus();
  const machine = `${cpu?.model ?? "?"}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB`;
  const folder = join(import.meta.dirname, "results");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "import.json");
  const measured = results.map((result) => ({ ...result, machine, node: process.version, commit }));
  const names = new Set(results.map(({ name }) => name));
  const kept = existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as { name: string }[]) : [];
  const merged = [...kept.filter(({ name }) => !names.has(name)), ...measured];
  const order = cases.map(({ name }) => name);
  merged.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  writeFileSync(path, `${JSON.stringify(merged, null, 2)}\n`);
}

if (process.argv[2] === "--measure") await measureCase(process.argv[3]!, process.argv[4]!);
else await main();
