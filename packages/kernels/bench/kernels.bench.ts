// Speed of the kernels on one and two threads: `npm run bench` prints a table and writes bench/results/kernels.json;
// `npm run bench -- --guard` writes nothing and fails when a kernel has become twice as slow as the committed results,
// as another V8 may make it.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { performance } from "node:perf_hooks";
import { Random } from "@sequitur/core";
import { startEngine, type Engine, type Floats, type MatmulShape } from "../src/index.js";

/** 128-bit multiply and add, two of each a cycle: what one core of the reference machine can do, GFLOP/s. */
const SIMD_BOUND = 65;
const RESULTS = new URL("results/kernels.json", import.meta.url);
const WINDOW_MS = Number(process.argv.find((word) => word.startsWith("--ms="))?.slice(5) ?? 400);

interface Case {
  readonly name: string;
  /** Floating point operations of a call. */
  readonly flops?: number;
  /** Bytes a call must read and write. */
  readonly bytes?: number;
  readonly prepare: (engine: Engine, random: (length: number) => Floats) => () => unknown;
}

interface Timing {
  readonly name: string;
  readonly threads: number;
  readonly minMs: number;
  readonly medianMs: number;
  readonly gflops?: number;
  readonly gbps?: number;
}

const MIB = 1 << 20;
const ROWS = 6400;
const WIDTH = 64;

function matmulCase(kind: "NN" | "NT" | "TN", m: number, n: number, k: number): Case {
  const shape: MatmulShape = { m, n, k, transposeA: kind === "TN", transposeB: kind === "NT" };
  return {
    name: `matmul ${kind} ${m}x${n}x${k}`,
    flops: 2 * m * n * k,
    prepare: ({ kernels, memory }, random) => {
      const [out, a, b] = [memory.floats(m * n), random(m * k), random(k * n)];
      return () => kernels.matmul(out, a, b, shape);
    },
  };
}

/** A case over one block of activations, (6400, 64), read and written `passes` times in all. */
function rowsCase(
  name: string,
  passes: number,
  body: (engine: Engine, out: Floats, x: Floats, y: Floats) => () => void,
): Case {
  return {
    name,
    bytes: passes * 4 * ROWS * WIDTH,
    prepare: (engine, random) => body(engine, random(ROWS * WIDTH), random(ROWS * WIDTH), random(ROWS * WIDTH)),
  };
}

const NORM_SHAPE = { rows: ROWS, width: WIDTH };
const LINEAR_SHAPE = { rows: ROWS, inputs: WIDTH, outputs: WIDTH, activation: "relu" } as const;

const CASES: readonly Case[] = [
  matmulCase("NN", ROWS, WIDTH, WIDTH),
  matmulCase("NT", ROWS, WIDTH, WIDTH),
  matmulCase("TN", WIDTH, WIDTH, ROWS),
  matmulCase("NT", ROWS, 3500, WIDTH),
  matmulCase("NT", 128, 3500, WIDTH),
  matmulCase("NN", 128, WIDTH, 3500),
  matmulCase("TN", 3500, WIDTH, 128),
  matmulCase("NN", 1024, 1024, 1024),
  {
    name: "linear + bias + relu 6400x64x64",
    flops: 2 * ROWS * WIDTH * WIDTH,
    prepare: ({ kernels, memory }, random) => {
      const [out, x, weight, bias] = [
        memory.floats(ROWS * WIDTH),
        random(ROWS * WIDTH),
        random(WIDTH * WIDTH),
        random(WIDTH),
      ];
      return () => kernels.linear(out, x, weight, bias, LINEAR_SHAPE);
    },
  },
  {
    name: "linear + bias + relu gradient",
    flops: 4 * ROWS * WIDTH * WIDTH,
    prepare: ({ kernels }, random) => {
      const [gradient, x, weight] = [random(ROWS * WIDTH), random(ROWS * WIDTH), random(WIDTH * WIDTH)];
      const out = { x: random(ROWS * WIDTH), weight: random(WIDTH * WIDTH), bias: random(WIDTH) };
      return () => kernels.linearGradient(out, gradient, x, weight, gradient, LINEAR_SHAPE);
    },
  },
  rowsCase("layer norm 6400x64", 2, ({ kernels, memory }, out, x) => {
    const [gain, bias, stats] = [memory.floats(WIDTH), memory.floats(WIDTH), memory.floats(2 * ROWS)];
    return () => kernels.layerNorm(out, x, gain, bias, stats, NORM_SHAPE);
  }),
  rowsCase("layer norm gradient 6400x64", 3, ({ kernels, memory }, out, x, y) => {
    const [gain, bias, stats] = [memory.floats(WIDTH), memory.floats(WIDTH), memory.floats(2 * ROWS)];
    kernels.layerNorm(out, x, gain, bias, stats, NORM_SHAPE);
    return () => kernels.layerNormGradient({ x: out, gain, bias }, y, x, gain, stats, NORM_SHAPE);
  }),
  rowsCase(
    "gelu 6400x64",
    2,
    ({ kernels }, out, x) =>
      () =>
        kernels.activate(out, x, "gelu"),
  ),
  rowsCase(
    "dropout 6400x64",
    2,
    ({ kernels }, out, x) =>
      () =>
        kernels.dropout(out, x, { rate: 0.2, seed: 1, counter: 2 }),
  ),
  rowsCase(
    "add 6400x64",
    3,
    ({ kernels }, out, x, y) =>
      () =>
        kernels.add(out, x, y),
  ),
  {
    name: "softmax 128x3500",
    bytes: 2 * 4 * 128 * 3500,
    prepare: ({ kernels, memory }, random) => {
      const [out, x] = [memory.floats(128 * 3500), random(128 * 3500)];
      return () => kernels.softmax(out, x, 128, 3500);
    },
  },
  {
    name: "gather 6400 of 3500x64",
    bytes: 2 * 4 * ROWS * WIDTH,
    prepare: ({ kernels, memory }, random) => {
      const [out, table, indices] = [memory.floats(ROWS * WIDTH), random(3500 * WIDTH), indicesOf(memory, 3500)];
      return () => kernels.gather(out, table, indices, WIDTH);
    },
  },
  {
    name: "scatter-add 6400 to 3500x64",
    bytes: 3 * 4 * ROWS * WIDTH,
    prepare: ({ kernels, memory }, random) => {
      const [table, x, indices] = [random(3500 * WIDTH), random(ROWS * WIDTH), indicesOf(memory, 3500)];
      return () => kernels.scatterAdd(table, x, indices, WIDTH);
    },
  },
  adamCase(3500),
  adamCase(100_000),
  {
    name: "lazy adam, 6400 rows of 100000x64",
    bytes: 7 * 4 * ROWS * WIDTH,
    prepare: ({ kernels, memory }, random) => {
      const [p, m, v] = [random(6_400_000), memory.floats(6_400_000), memory.floats(6_400_000)];
      kernels.fill(m, 0);
      kernels.fill(v, 0);
      const [gradient, all, indices, places] = [
        random(ROWS * WIDTH),
        indicesOf(memory, 100_000),
        memory.ints(ROWS),
        memory.ints(ROWS),
      ];
      const count = kernels.uniqueIndices(indices, places, all, 100_000);
      const rows = { indices, count, width: WIDTH };
      return () => kernels.adam(p, gradient, m, v, { rate: 1e-3, step: 10 }, rows);
    },
  },
  {
    name: "fill 90 MB",
    bytes: 90 * MIB,
    prepare: ({ kernels, memory }) => {
      const out = memory.floats((90 * MIB) / 4);
      return () => kernels.fill(out, 1);
    },
  },
  {
    name: "call of a kernel (fill of 4)",
    prepare: ({ kernels, memory }) => {
      const out = memory.floats(4);
      return () => {
        for (let turn = 0; turn < 1000; turn++) kernels.fill(out, 1);
      };
    },
  },
];

function adamCase(rows: number): Case {
  return {
    name: `adam ${rows}x64`,
    bytes: 7 * 4 * rows * WIDTH,
    prepare: ({ kernels, memory }, random) => {
      const size = rows * WIDTH;
      const [p, g, m, v] = [random(size), random(size), memory.floats(size), memory.floats(size)];
      kernels.fill(m, 0);
      kernels.fill(v, 0);
      return () => kernels.adam(p, g, m, v, { rate: 1e-3, step: 10 });
    },
  };
}

function indicesOf(memory: Engine["memory"], limit: number): ReturnType<Engine["memory"]["ints"]> {
  const draws = new Random("indices");
  return memory.intsFrom(Int32Array.from({ length: ROWS }, () => draws.integer(limit)));
}

function measure(run: () => unknown): { minMs: number; medianMs: number } {
  for (let turn = 0; turn < 3; turn++) run();
  const times: number[] = [];
  const end = performance.now() + WINDOW_MS;
  while (performance.now() < end || times.length < 5) {
    const from = performance.now();
    run();
    times.push(performance.now() - from);
  }
  times.sort((a, b) => a - b);
  return { minMs: times[0], medianMs: times[times.length >> 1] };
}

async function timings(): Promise<Timing[]> {
  const found: Timing[] = [];
  for (const { name, flops, bytes, prepare } of CASES) {
    for (const threads of [1, 2]) {
      const engine = startEngine({ provider: "wasm", threads });
      await engine.ready();
      const draws = new Random("bench");
      const random = (length: number): Floats =>
        engine.memory.floatsFrom(Float32Array.from({ length }, () => draws.uniform() - 0.5));
      const { minMs, medianMs } = measure(prepare(engine, random));
      await engine.close();
      found.push({
        name,
        threads,
        minMs,
        medianMs,
        ...(flops === undefined ? {} : { gflops: flops / minMs / 1e6 }),
        ...(bytes === undefined ? {} : { gbps: bytes / minMs / 1e6 }),
      });
      process.stdout.write(`${line(found.at(-1)!)}\n`);
    }
  }
  return found;
}

function line({ name, threads, minMs, medianMs, gflops, gbps }: Timing): string {
  const rate =
    gflops === undefined
      ? gbps === undefined
        ? ""
        : `${gbps.toFixed(1)} GB/s`
      : `${gflops.toFixed(1)} GFLOP/s, ${((100 * gflops) / (SIMD_BOUND * threads)).toFixed(0)} % of the bound`;
  const ms = (value: number): string => value.toFixed(3).padStart(9);
  return `${name.padEnd(36)} ${threads} thread${threads > 1 ? "s" : " "} ${ms(minMs)} ms, median ${ms(medianMs)}  ${rate}`;
}

/** Kernels that take more than twice their committed time. */
function slowDowns(now: readonly Timing[]): string[] {
  if (!existsSync(RESULTS)) return [];
  const { timings: before } = JSON.parse(readFileSync(RESULTS, "utf8")) as { timings: Timing[] };
  return now.flatMap((timing) => {
    const old = before.find(({ name, threads }) => name === timing.name && threads === timing.threads);
    if (old === undefined || timing.minMs <= 2 * old.minMs) return [];
    return [
      `${timing.name}, ${timing.threads} thread(s): ${timing.minMs.toFixed(3)} ms, was ${old.minMs.toFixed(3)} ms`,
    ];
  });
}

const found = await timings();
const slower = slowDowns(found);
for (const text of slower) process.stdout.write(`twice as slow as the committed result: ${text}\n`);
if (process.argv.includes("--guard")) {
  process.exitCode = slower.length > 0 ? 1 : 0;
} else {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  const machine = `${cpus()[0]?.model ?? "unknown"}, ${cpus().length} cores`;
  mkdirSync(new URL(".", RESULTS), { recursive: true });
  writeFileSync(RESULTS, `${JSON.stringify({ machine, node: process.version, commit, timings: found }, null, 2)}\n`);
}
