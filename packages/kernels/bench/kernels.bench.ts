// Speed of the kernels on one and two threads: `npm run bench` prints a table and writes bench/results/kernels.json;
// `npm run bench -- --guard` writes nothing and fails when a kernel has become twice as slow as the committed results,
// as another V8 may make it; `--merge` keeps the faster of the old and the new timing of each case.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { performance } from "node:perf_hooks";
import { Random } from "@sequitur/core";
import { startEngine, type Floats } from "../src/index.js";
import { CASES } from "./kernel-cases.js";

/** 128-bit multiply and add, two of each a cycle: what one core of the reference machine can do, GFLOP/s. */
const SIMD_BOUND = 65;
const RESULTS = new URL("results/kernels.json", import.meta.url);
const WINDOW_MS = Number(process.argv.find((word) => word.startsWith("--ms="))?.slice(5) ?? 400);

/** `--only=TEXT` times the cases whose name has the text. */
const ONLY = process.argv.find((word) => word.startsWith("--only="))?.slice(7) ?? "";

interface Timing {
  readonly name: string;
  readonly threads: number;
  readonly minMs: number;
  readonly medianMs: number;
  readonly gflops?: number;
  readonly gbps?: number;
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
  for (const { name, flops, bytes, prepare } of CASES.filter((each) => each.name.includes(ONLY))) {
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

/** The faster of old and new for each case: a busy machine only ever makes a kernel look slower. */
function merged(now: readonly Timing[]): Timing[] {
  const before = existsSync(RESULTS)
    ? (JSON.parse(readFileSync(RESULTS, "utf8")) as { timings: Timing[] }).timings
    : [];
  const key = ({ name, threads }: Timing): string => `${name}/${threads}`;
  const best = new Map(before.map((timing) => [key(timing), timing]));
  for (const timing of now) {
    if (timing.minMs < (best.get(key(timing))?.minMs ?? Infinity)) best.set(key(timing), timing);
  }
  return CASES.flatMap(({ name }) => [1, 2].flatMap((threads) => best.get(`${name}/${threads}`) ?? []));
}

function writeResults(results: readonly Timing[]): void {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  const machine = `${cpus()[0]?.model ?? "unknown"}, ${cpus().length} cores`;
  mkdirSync(new URL(".", RESULTS), { recursive: true });
  // Other work on the machine makes long kernels look slower: below 1 the timings are worth comparing.
  const loadAverage = loadavg()[0];
  const text = JSON.stringify({ machine, node: process.version, commit, loadAverage, timings: results }, null, 2);
  writeFileSync(RESULTS, `${text}\n`);
}

const found = await timings();
const slower = slowDowns(found);
for (const text of slower) process.stdout.write(`twice as slow as the committed result: ${text}\n`);
if (process.argv.includes("--guard")) process.exitCode = slower.length > 0 ? 1 : 0;
else if (process.argv.includes("--merge")) writeResults(merged(found));
else if (ONLY === "") writeResults(found);
