import {
  idTable,
  interactionsFrom,
  parseConfig,
  queryBatch,
  Random,
  sliceQueries,
  type Catalog,
  type Interactions,
} from "@sequitur/core";
import { recommend, type Model, type Recommender } from "@sequitur/recommender";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ease, itemKnn, markov, personal, popularity, sessionKnn } from "../src/index.js";
import { datasetFile, leaveOneOut, readSequences } from "../verify/leave-one-out.js";

/** MovieLens-1M as far as it is there, else a seeded set of its size; each model in a process of its own. */
const MODELS: Readonly<Record<string, Recommender>> = {
  popularity,
  markov,
  personal,
  "session-knn": sessionKnn,
  "item-knn": itemKnn,
  ease,
};
const USERS = 6040;
const ITEMS = 3706;
const BATCH = 500;

interface Timing {
  readonly model: string;
  readonly fitSeconds: number;
  readonly rankUsersPerSecond: number;
  readonly oneUserP50Ms: number;
  readonly oneUserP99Ms: number;
  /** Largest resident set of the process: runtime, data, fit and scoring. */
  readonly peakMegabytes: number;
  /** The same before the fit. */
  readonly dataMegabytes: number;
  readonly artifactMegabytes: number;
}

async function main(): Promise<void> {
  const [only, file] = process.argv.slice(2);
  if (only !== undefined && file !== undefined) {
    process.stdout.write(JSON.stringify(await timings(only, file)));
    return;
  }
  const self = fileURLToPath(import.meta.url);
  const folder = mkdtempSync(join(tmpdir(), "sequitur-bench-"));
  const results: Timing[] = [];
  try {
    // The models' processes get columns, so that reading text does not count as their memory.
    const columns = join(folder, "train.i32");
    writeTrain(columns);
    for (const model of Object.keys(MODELS)) {
      const output = execFileSync(process.execPath, [...process.execArgv, self, model, columns], { encoding: "utf8" });
      results.push(JSON.parse(output) as Timing);
      process.stderr.write(`${model} done\n`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  report(results);
}

function writeTrain(file: string): void {
  const path = dataPath();
  const { train } = leaveOneOut(path === undefined ? synthetic() : readSequences(path));
  const { users, items } = train.catalog;
  writeFileSync(file, Int32Array.from([users.size, items.size, ...train.users, ...train.items]));
}

function readTrain(file: string): Interactions {
  const bytes = readFileSync(file);
  const columns = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const rows = (columns.length - 2) / 2;
  return interactionsFrom(numbered(columns[0]!, columns[1]!), {
    users: columns.subarray(2, 2 + rows),
    items: columns.subarray(2 + rows),
    times: Float64Array.from({ length: rows }, (_, row) => row),
  });
}

function numbered(users: number, items: number): Catalog {
  const ids = (prefix: string, size: number) => idTable(Array.from({ length: size }, (_, at) => `${prefix}${at}`));
  return { users: ids("u", users), items: ids("i", items), itemColumns: {} };
}

function report(timings: readonly Timing[]): void {
  const machine = `${cpus()[0]?.model ?? "unknown"}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`;
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  const data = dataPath() === undefined ? `seeded, ${USERS} users, ${ITEMS} items` : "MovieLens-1M";
  const folder = new URL("results/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  // Other work on the machine slows the figures: the load says how far to trust them.
  const result = { machine, node: process.version, commit, load: loadavg()[0], data, timings };
  writeFileSync(new URL("baselines.json", folder), `${JSON.stringify(result, undefined, 2)}\n`);
  const columns = [
    "model",
    "fit s",
    "rank users/s",
    "one user p50 ms",
    "p99 ms",
    "peak MB",
    "before fit MB",
    "artifact MB",
  ];
  const rows = timings.map((t) => [
    t.model,
    t.fitSeconds.toFixed(2),
    t.rankUsersPerSecond.toFixed(0),
    t.oneUserP50Ms.toFixed(3),
    t.oneUserP99Ms.toFixed(3),
    t.peakMegabytes.toFixed(0),
    t.dataMegabytes.toFixed(0),
    t.artifactMegabytes.toFixed(1),
  ]);
  const lines = [columns, ...rows].map((row) => row.map((cell) => cell.padStart(16)).join(""));
  process.stdout.write(
    [`${machine}, node ${process.version}, ${commit}, ${data}, load ${loadavg()[0]?.toFixed(1)}`, ...lines, ""].join(
      "\n",
    ),
  );
}

/** Fit once, rank everybody by batches of 500 (the median of three passes), then 400 single users after 100 warm-ups. */
async function timings(name: string, file: string): Promise<Timing> {
  const recommender = MODELS[name];
  if (recommender === undefined) throw new Error(`no model ${name}; the models are ${Object.keys(MODELS).join(", ")}.`);
  const train = readTrain(file);
  const dataMegabytes = peakMegabytes();
  const config = parseConfig(recommender.config, {}, name);
  const start = performance.now();
  const model = await recommender.fit(train, config, { random: new Random(1) });
  const fitSeconds = (performance.now() - start) / 1000;
  const queries = queryBatch(
    Array.from({ length: train.catalog.users.size }, (_, user) => {
      const rows = [train.userOffsets[user]!, train.userOffsets[user + 1]!] as const;
      return { user, items: train.items.subarray(...rows), times: train.times.subarray(...rows) };
    }),
  );
  const passes = [1, 2, 3].map(() => rankAll(model, queries)).sort((a, b) => a - b);
  const single = Array.from({ length: 500 }, (_, user) => rankAll(model, sliceQueries(queries, user, user + 1)));
  const sorted = single.slice(100).sort((a, b) => a - b);
  const tensors = [...model.save().tensors.values()];
  return {
    model: name,
    fitSeconds,
    rankUsersPerSecond: (1000 * queries.size) / passes[1]!,
    oneUserP50Ms: sorted[Math.floor(sorted.length * 0.5)]!,
    oneUserP99Ms: sorted[Math.floor(sorted.length * 0.99)]!,
    peakMegabytes: peakMegabytes(),
    dataMegabytes,
    artifactMegabytes: tensors.reduce((sum, { data }) => sum + data.byteLength, 0) / 1e6,
  };
}

/** Milliseconds for the top 10 of each query over all items, its history excluded. */
function rankAll(model: Model, queries: ReturnType<typeof queryBatch>): number {
  const start = performance.now();
  for (let from = 0; from < queries.size; from += BATCH) {
    const batch = sliceQueries(queries, from, Math.min(queries.size, from + BATCH));
    const { items } = recommend(model, batch, { k: 10, exclude: batch });
    if (items.length === 0) throw new Error("nothing was recommended");
  }
  return performance.now() - start;
}

/** Lengths and popularity as skewed as MovieLens-1M: about a million interactions. */
function synthetic(): Interactions {
  const random = new Random("bench/baselines");
  const users: number[] = [];
  const items: number[] = [];
  for (let user = 0; user < USERS; user++) {
    const length = Math.min(2000, Math.round(20 + Math.exp(4.25 + 1.15 * random.normal())));
    for (let at = 0; at < length; at++) {
      users.push(user);
      items.push(Math.floor(ITEMS * random.uniform() ** 2.3));
    }
  }
  const times = Float64Array.from(users, (_, row) => row * 60_000);
  const columns = { users: Int32Array.from(users), items: Int32Array.from(items), times };
  return interactionsFrom(numbered(USERS, ITEMS), columns);
}

function dataPath(): string | undefined {
  return datasetFile("ml-1m/ml-1m.sequences.txt.gz");
}

function peakMegabytes(): number {
  return process.resourceUsage().maxRSS / 1000;
}

await main();
