// `npm run bench -w @sequitur/mf`: training in samples per second, ALS, top-100 of one user, all users of ML-1M, and what
// a validation costs beside the epochs. `-- --tiny` runs everything on small generated data and writes nothing.
import { parseConfig, queryBatch, Random, type Interactions, type QueryBatch } from "@sequitur/core";
import { factoriseStatsLength, startEngine } from "@sequitur/kernels";
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { performance } from "node:perf_hooks";
import { sampledRows } from "../src/sampling/positive-rows.js";
import { als, bpo, bpr, factorRetriever, nbpo, warp, type FactorModel, type FactorRecommender } from "../src/index.js";
import { generated, largeData, middleData, numbered, smallData, type BenchData } from "./bench-data.js";

interface Result {
  readonly what: string;
  readonly threads: number;
  readonly value: number;
  readonly unit: string;
  /** What it is compared with. */
  readonly aim?: string;
}

const results: Result[] = [];

function record(what: string, threads: number, value: number, unit: string, aim?: string): void {
  results.push({ what, threads, value, unit, ...(aim !== undefined && { aim }) });
  const shown = value >= 100 ? value.toFixed(0) : value.toFixed(2);
  process.stdout.write(
    `${what.padEnd(54)}${`${threads}`.padStart(3)}${shown.padStart(10)} ${unit.padEnd(12)} ${aim ?? ""}\n`,
  );
}

/** The samples a second of the best of `repeats` whole fits, rows laid out and drawn anew each time. */
async function fitRate(
  recommender: FactorRecommender,
  { train }: BenchData,
  fields: Record<string, unknown>,
  threads: number,
  repeats: number,
): Promise<{ perSecond: number; ordered: number }> {
  const config = parseConfig(recommender.config, { factors: 64, bias: false, ...fields }, "bench");
  let best = Infinity;
  let ordered = 0;
  for (let repeat = 0; repeat < repeats; repeat++) {
    const start = performance.now();
    const model = await recommender.fit(train, config, {
      random: new Random(1),
      threads,
      report: ({ values }) => (ordered = values?.["ordered"] ?? 0),
    });
    best = Math.min(best, performance.now() - start);
    model.release();
  }
  if (!(ordered > 0.55)) throw new Error(`${recommender.name} learned nothing: ${ordered} of its pairs are in order.`);
  return { perSecond: (train.size * (fields["epochs"] as number) * 1000) / best, ordered };
}

async function training(data: readonly BenchData[]): Promise<void> {
  const aims: Readonly<Record<string, readonly [string, string]>> = {
    "ML-100K": ["best C++ library 9.0", "17.0"],
    "ML-1M": ["best C++ library 4.6", "8.4"],
  };
  for (const set of data) {
    const epochs = Math.max(1, Math.round(12e6 / set.train.size));
    for (const threads of [1, 2]) {
      const fields = { epochs, hardest: 1, learningRate: 0.05, learningRateDecay: 1, userDecay: 0.01, itemDecay: 0.01 };
      const { perSecond, ordered } = await fitRate(bpr, set, fields, threads, 3);
      record(`bpr, whole fit, ${set.name}`, threads, perSecond / 1e6, "M samples/s", aims[set.name]?.[threads - 1]);
      record(`  positives above negatives in the last epoch`, threads, ordered, "share", "0.5 is chance");
    }
    twinRate(set);
  }
  const [small] = data;
  const others: readonly [FactorRecommender, Record<string, unknown>][] = [
    [bpr, { hardest: 4 }],
    [bpo, {}],
    [nbpo, {}],
    [warp, { learningRate: 0.005 }],
  ];
  for (const [recommender, fields] of others) {
    const { perSecond } = await fitRate(recommender, small!, { epochs: 30, learningRate: 0.05, ...fields }, 1, 3);
    const hard = fields["hardest"] === 4 ? ", hardest of 4" : "";
    record(`${recommender.name}${hard}, whole fit, ${small!.name}`, 1, perSecond / 1e6, "M samples/s");
  }
}

/** The plain TypeScript twin of the kernel on the same rows. */
function twinRate({ name, train }: BenchData): void {
  const { memory, kernels } = startEngine({ provider: "reference" });
  const held = sampledRows({ memory, kernels } as Parameters<typeof sampledRows>[0], train);
  const random = new Random(1);
  const table = (rows: number) =>
    memory.floatsFrom(Float32Array.from({ length: rows * 64 }, () => (random.uniform() - 0.5) / 8));
  const factors = { width: 64, users: table(held.rows.users), items: table(held.rows.items) };
  const samples = 100_000;
  const stats = memory.floats(factoriseStatsLength(samples));
  const fixed = { negatives: 1, candidates: 1, learningRate: 0.05, userDecay: 0.01, itemDecay: 0.01, biasDecay: 0 };
  let best = Infinity;
  for (let seed = 0; seed < 3; seed++) {
    const start = performance.now();
    kernels.factorise(stats, factors, held.rows, { objective: "bpr", samples, seed, ...fixed });
    best = Math.min(best, performance.now() - start);
  }
  record(`bpr, plain TypeScript twin, ${name}`, 1, samples / best / 1000, "M samples/s");
}

/** What the machine could do at most: arithmetic in cache, and memory bandwidth outside. */
function bounds(): void {
  for (const threads of [1, 2]) {
    const { memory, kernels } = startEngine({ threads });
    const [m, n, k] = [512, 512, 64];
    const [out, a, b] = [memory.floats(m * n), memory.floats(m * k), memory.floats(k * n)];
    a.array.fill(0.5);
    b.array.fill(0.5);
    const ms = fastest(200, () => kernels.matmul(out, a, b, { m, n, k }));
    // 64 x 3 for the margin's dot product, 64 x 8 for the update.
    record(
      "bound: arithmetic, 704 flops a sample at the rate of GEMM",
      threads,
      (2 * m * n * k) / ms / 1e3 / 704,
      "M samples/s",
    );
  }
  const [from, to] = [new Float32Array(1 << 26), new Float32Array(1 << 26)];
  const ms = fastest(5, () => to.set(from));
  record(
    "bound: memory, 1,536 bytes a sample at the rate of a copy",
    1,
    (2 * to.byteLength) / ms / 1e3 / 1536,
    "M samples/s",
  );
}

function fastest(repeats: number, run: () => unknown): number {
  let best = Infinity;
  for (let repeat = 0; repeat < repeats; repeat++) {
    const start = performance.now();
    run();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

async function alternating({ name, train }: BenchData, factors: number, aim: string): Promise<void> {
  for (const threads of [1, 2]) {
    for (const confidence of [1, 2]) {
      const config = parseConfig(als.config, { factors, epochs: 15, confidence }, "bench");
      let best = Infinity;
      for (let repeat = 0; repeat < 3; repeat++) {
        const start = performance.now();
        const model = await als.fit(train, config, { random: new Random(1), threads });
        best = Math.min(best, performance.now() - start);
        model.release();
      }
      record(`als, 15 epochs, ${factors} factors, confidence ${confidence}, ${name}`, threads, best, "ms", aim);
    }
  }
}

/** Vectors around 256 centres, as trained ones are; and one user. */
function clustered(itemCount: number): FactorModel {
  const random = new Random("clustered");
  const factors = 64;
  const centres = Float32Array.from({ length: 256 * factors }, () => random.normal());
  const near = (rows: number): Float32Array => {
    const out = new Float32Array(rows * factors);
    for (let row = 0; row < rows; row++) {
      const centre = random.integer(256) * factors;
      for (let k = 0; k < factors; k++) out[row * factors + k] = 0.3 * (centres[centre + k]! + random.uniform() - 0.5);
    }
    return out;
  };
  const users = 50;
  const tensors = new Map([
    ["users", { shape: [users, factors], data: near(users) }],
    ["items", { shape: [itemCount, factors], data: near(itemCount) }],
  ]);
  const config = parseConfig(als.config, { factors }, "bench");
  return als.load({ model: "als", config, catalog: numbered(users, itemCount), tensors });
}

function retrieval(itemCount: number, aims: Readonly<Record<"float32" | "int8", string>>): void {
  const model = clustered(itemCount);
  for (const precision of ["float32", "int8"] as const) {
    for (const threads of [1, 2]) {
      const retriever = factorRetriever(model, { precision, threads });
      const once = (user: number): number => {
        const batch = queryBatch([{ user: user % 50, items: [] }]);
        const start = performance.now();
        retriever.retrieve(batch, 100);
        return performance.now() - start;
      };
      for (let user = 0; user < 20; user++) once(user);
      const times = Array.from({ length: 200 }, (_, user) => once(user)).sort((a, b) => a - b);
      const what = `top-100 of one user, ${itemCount.toLocaleString("en")} items, ${precision}`;
      record(`${what}, p50`, threads, times[100]!, "ms", aims[precision]);
      record(`${what}, fastest`, threads, times[0]!, "ms");
      retriever.release();
    }
  }
}

/** Share of the exact top 100 that the int8 scan finds, over trained vectors. */
function recall(name: string, model: FactorModel): void {
  const users = Math.min(500, model.catalog.users.size);
  const batch = queryBatch(Array.from({ length: users }, (_, user) => ({ user, items: [] })));
  const exact = factorRetriever(model).retrieve(batch, 100);
  const near = factorRetriever(model, { precision: "int8" }).retrieve(batch, 100);
  let found = 0;
  exact.forEach((items, b) => {
    const own = new Set(near[b]);
    for (const item of items) if (own.has(item)) found++;
  });
  record(`int8 recall of the exact top 100, ${name}`, 1, found / (users * 100), "share", ">= 0.999");
}

/** Every user with the own history. */
function everybody(train: Interactions): QueryBatch {
  return queryBatch(
    Array.from({ length: train.catalog.users.size }, (_, user) => ({
      user,
      items: train.items.subarray(train.userOffsets[user], train.userOffsets[user + 1]),
    })),
  );
}

function everyUser({ name }: BenchData, model: FactorModel, train: Interactions): void {
  const batch = everybody(train);
  for (const threads of [1, 2]) {
    const retriever = factorRetriever(model, { excludeHistory: true, threads });
    const ms = fastest(5, () => retriever.retrieve(batch, 10));
    record(`top-10 of all ${train.catalog.users.size} users, history masked, ${name}`, threads, ms, "ms", "< 500");
  }
}

/** How long a validation takes on both threads beside the epochs before it: what running it aside could save at most. */
async function validationShare({ name, train }: BenchData): Promise<void> {
  const batch = everybody(train);
  const config = parseConfig(bpr.config, { epochs: 10, validateEvery: 5 }, "bench");
  let validationMs = 0;
  const start = performance.now();
  const model = await bpr.fit(train, config, {
    random: new Random(1),
    threads: 2,
    // oxlint-disable-next-line require-await -- a validation may be slow
    validate: async (candidate) => {
      const from = performance.now();
      const retriever = factorRetriever(candidate as FactorModel, { excludeHistory: true, threads: 2 });
      const { length } = retriever.retrieve(batch, 10);
      retriever.release();
      validationMs += performance.now() - from;
      return length;
    },
  });
  model.release();
  record(
    `share of a fit that validates every 5 epochs, ${name}`,
    2,
    validationMs / (performance.now() - start),
    "share",
  );
}

async function fitted(recommender: FactorRecommender, { train }: BenchData, epochs: number): Promise<FactorModel> {
  const config = parseConfig(recommender.config, { factors: 64, epochs }, "bench");
  return recommender.fit(train, config, { random: new Random(1), threads: 2 });
}

const machine = `${cpus()[0]?.model ?? "unknown"}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`;
const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
const tiny = process.argv.includes("--tiny");
const loadBefore = loadavg();
const startedMs = performance.now();
process.stdout.write(`${machine}, node ${process.version}, ${commit}; the fastest of a few runs each\n`);
const [small, middle, large] = tiny
  ? [dataOf(200, 300, 6000), dataOf(300, 400, 12_000), dataOf(1000, 800, 40_000)]
  : [smallData(), middleData(), largeData()];
bounds();
await training([small, middle, large]);
await alternating(small, 64, "best C++ library 190 (1 thread)");
await alternating(middle, 128, "best C++ library 2,400");
await validationShare(middle);
retrieval(tiny ? 5000 : 100_000, { float32: "< 0.5 (2 threads)", int8: "< 0.5 (2 threads)" });
retrieval(tiny ? 20_000 : 1_000_000, { float32: "< 9 (2 threads)", int8: "< 3 (2 threads)" });
for (const [recommender, set, epochs] of [
  [bpr, middle, 10],
  [als, middle, 5],
  [bpr, large, 1],
] as const) {
  const model = await fitted(recommender, set, epochs);
  recall(`${recommender.name} on ${set.name}`, model);
  if (set === middle && recommender === bpr) everyUser(set, model, set.train);
  model.release();
}
const seconds = Math.round((performance.now() - startedMs) / 1000);
process.stdout.write(`${seconds} s in all\n`);
if (!tiny) {
  const load = { before: loadBefore, after: loadavg() };
  const folder = new URL("results/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    new URL("mf.json", folder),
    `${JSON.stringify({ machine, node: process.version, commit, load, seconds, results }, undefined, 2)}\n`,
  );
}
process.exit(0);

function dataOf(users: number, items: number, size: number): BenchData {
  return { name: `generated ${size}`, train: generated(users, items, size) };
}
