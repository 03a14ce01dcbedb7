/**
 * Speed and memory of slate-gru: an epoch of each phase on 100,000 users x 20 slates x 25 positions (24 items and no
 * click) over 100,000 items, the memory of training over 1.3 million items, and the time to choose a slate of 10 from
 * 1,500, 100,000 and 1.3 million items for a user of 20 clicks. Seeded random data, so only the speed means something.
 * Each part runs in a process of its own, on one thread. Writes bench/results/slate.json. By default 0.15 of the users
 * and calls, to end within three minutes; `--scale 1` is the full size, whose first part alone takes 210 s of processor
 * time. `--items 0.01` shrinks the catalogues, for a try.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { idTable, NONE, queryBatch, Random, slateLogFrom, type Catalog, type SlateLog } from "@sequitur/core";
import type { SlatePolicy } from "@sequitur/recommender";
import { greedy, inSlateThompson, slateGru, thompson } from "../src/index.js";
import { slateGruConfig } from "../src/slate-gru/config.js";
import { globalsOf } from "../src/slate-gru/globals.js";
import { slateModel } from "../src/slate-gru/slate-model.js";

const { values: options } = parseArgs({
  options: {
    scale: { type: "string", default: "0.15" },
    items: { type: "string", default: "1" },
    part: { type: "string" },
  },
});
/** Shares of the full numbers of users and calls, and of items. */
const [SCALE, ITEMS] = [Number(options.scale), Number(options.items)];
const GROUPS = 290;
const STEPS = 20;
const SHOWN = 24;
const K = 10;
const WARM_UP = 2;
const users = (count: number): number => Math.max(500, Math.round(count * SCALE));
const calls = (count: number): number => Math.max(2, Math.round(count * SCALE));
const items = (count: number): number => Math.max(500, Math.round(count * ITEMS));

const PARTS: Readonly<Record<string, () => Promise<object> | object>> = {
  "train on 100,000 items": () => trainingSpeed(users(100_000), items(100_000)),
  "train on 1,300,000 items": () => trainingSpeed(users(5000), items(1_300_000)),
  "slates from 1,500 items": () => latencies(items(1500), 400),
  "slates from 100,000 items": () => latencies(items(100_000), 100),
  "slates from 1,300,000 items": () => latencies(items(1_300_000), 20),
};

function catalogOf(items: number, users: number): Catalog {
  const ids = (count: number) => idTable(Array.from({ length: count }, (_, at) => String(at)));
  const groups = Array.from({ length: GROUPS }, (_, group) => [`g${group}`]);
  const categories = Array.from({ length: items }, (_, item) => groups[item % GROUPS]!);
  return { items: ids(items), users: ids(users), itemColumns: { categories } };
}

/** Uniform items, so that a batch shares as few as it can: the worst case. */
function randomLog(users: number, items: number): SlateLog {
  const random = new Random("bench/slate");
  const size = users * STEPS;
  const shown = new Int32Array(size * SHOWN);
  for (let row = 0; row < size; row++) {
    const [start, stride] = [random.integer(items), 1 + random.integer(Math.floor(items / SHOWN) - 1)];
    for (let k = 0; k < SHOWN; k++) shown[row * SHOWN + k] = (start + k * stride) % items;
  }
  return slateLogFrom(catalogOf(items, users), {
    users: Int32Array.from({ length: size }, (_, row) => Math.floor(row / STEPS)),
    times: Float64Array.from({ length: size }, (_, row) => row % STEPS),
    offsets: Int32Array.from({ length: size + 1 }, (_, row) => row * SHOWN),
    items: shown,
    clicks: Int32Array.from({ length: size }, () => (random.uniform() < 0.24 ? NONE : random.integer(SHOWN))),
  });
}

async function trainingSpeed(users: number, items: number): Promise<object> {
  const log = randomLog(users, items);
  const config = slateGruConfig.parse({ epochs: 3, validation: 0 });
  const before = process.memoryUsage().rss;
  const marks = [{ wall: performance.now(), cpu: process.cpuUsage().user }];
  const report = (): void => void marks.push({ wall: performance.now(), cpu: process.cpuUsage().user });
  await slateGru.fitSlates(log, config, { random: new Random(1), threads: 1, report });
  const speed = (epoch: number) => ({
    slatesPerSecond: Math.round(log.size / ((marks[epoch + 1]!.wall - marks[epoch]!.wall) / 1000)),
    slatesPerCpuSecond: Math.round(log.size / ((marks[epoch + 1]!.cpu - marks[epoch]!.cpu) / 1e6)),
  });
  return {
    users,
    items,
    slates: log.size,
    // The first epoch holds the start, and compiles.
    firstEpochSeconds: Number(((marks[1]!.wall - marks[0]!.wall) / 1000).toFixed(1)),
    linear: speed(1),
    gru: speed(2),
    dataMegabytes: Math.round(before / 1e6),
    peakMegabytes: Math.round(process.resourceUsage().maxRSS / 1e3),
  };
}

function latencies(items: number, most: number): object {
  const config = slateGruConfig.parse({});
  const globals = globalsOf(config, GROUPS, SHOWN);
  const random = new Random("bench/posterior");
  const floats = (length: number, of: () => number) => Float32Array.from({ length }, of);
  const catalog = catalogOf(items, 1);
  const model = slateModel({
    config,
    catalog,
    globals,
    itemMeans: floats(items * config.width, () => random.normal()),
    itemScales: floats(items * config.width, () => 0.1),
    otherMeans: floats(globals.size, () => 0.3 * random.normal()),
    otherScales: floats(globals.size, () => 0.05),
    offsets: new Map(),
  });
  const parts = { name: "bench", catalog, model };
  const draws = { propensityDraws: 0 };
  // In-slate Thompson ranks the catalogue once for each position.
  const policies: readonly (readonly [string, SlatePolicy, number])[] = [
    ["greedy", greedy.make(parts, {}), calls(most)],
    ["thompson", thompson.make(parts, draws), calls(most)],
    ["in-slate-thompson", inSlateThompson.make(parts, { collision: "next-draw", ...draws }), calls(most / 4)],
  ];
  const rows = policies.map(([name, policy, count]) => {
    const [times, cpuTimes] = [new Float64Array(count), new Float64Array(count)];
    for (let call = -WARM_UP; call < count; call++) {
      const history = Array.from({ length: 20 }, () => random.integer(items));
      const [start, cpu] = [performance.now(), process.cpuUsage()];
      policy.slates(queryBatch([{ user: 0, items: history }]), K, { random: random.fork(call) });
      const { user, system } = process.cpuUsage(cpu);
      if (call < 0) continue;
      times[call] = performance.now() - start;
      cpuTimes[call] = (user + system) / 1000;
    }
    const at = (values: Float64Array, share: number): number =>
      Number(values.sort()[Math.min(count - 1, Math.floor(share * count))]!.toFixed(2));
    return [
      name,
      { calls: count, p50CpuMs: at(cpuTimes, 0.5), p50Ms: at(times, 0.5), p99Ms: at(times, 0.99) },
    ] as const;
  });
  const peakMegabytes = Math.round(process.resourceUsage().maxRSS / 1e3);
  return { items, ...Object.fromEntries(rows), peakMegabytes };
}

const { part } = options;
if (part === undefined) {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  const results: Record<string, unknown> = {};
  for (const name of Object.keys(PARTS)) {
    const args = ["--conditions", "@sequitur/source", ...process.execArgv, import.meta.filename];
    const sizes = ["--scale", String(SCALE), "--items", String(ITEMS)];
    const text = execFileSync(process.execPath, [...args, "--part", name, ...sizes], { encoding: "utf8" });
    results[name] = JSON.parse(text);
    process.stdout.write(`${name}: ${text}`);
  }
  const machine = {
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    node: process.version,
    loadNow: loadavg()[0],
    threads: 1,
  };
  const folder = join(import.meta.dirname, "results");
  mkdirSync(folder, { recursive: true });
  const report = { commit, machine, scale: SCALE, itemScale: ITEMS, results };
  writeFileSync(join(folder, "slate.json"), `${JSON.stringify(report, null, 2)}\n`);
} else {
  const run = PARTS[part];
  if (run === undefined) throw new Error(`expected one of ${Object.keys(PARTS).join("; ")}, got ${part}.`);
  process.stdout.write(`${JSON.stringify(await run())}\n`);
}
