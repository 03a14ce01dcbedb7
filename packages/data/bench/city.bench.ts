import { queryBatch } from "@sequitur/core";
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { performance } from "node:perf_hooks";
import { CITY_SIZES, cityConfigSchema, cityOracle, generateCity, type City } from "../src/index.js";

/** Seconds, rate and peak memory of generating each size, then what the truth costs to ask. */
interface Row {
  readonly size: string;
  readonly checkins: number;
  readonly seconds: number;
  /** Processor time: what the wall clock shows when nothing else runs. */
  readonly cpuSeconds: number;
  readonly perSecond: number;
  /** Of the whole process so far; sizes run in ascending order. */
  readonly peakMb: number;
  /** All places of one query, and a slate of 10. */
  readonly oracleMs: number;
  readonly slateMs: number;
}

const QUERIES = 200;

async function measure(size: keyof typeof CITY_SIZES): Promise<Row> {
  const start = performance.now();
  const cpu = process.cpuUsage();
  const city = await generateCity(cityConfigSchema.parse({ size }));
  const seconds = (performance.now() - start) / 1_000;
  const used = process.cpuUsage(cpu);
  const cpuSeconds = (used.user + used.system) / 1e6;
  const peakMb = Math.round(process.resourceUsage().maxRSS / 1_024);
  const checkins = city.interactions.size;
  const slate = Int32Array.from({ length: 10 }, (_, i) => i * 11);
  const asked = { oracleMs: askMs(city), slateMs: askMs(city, slate) };
  return { size, checkins, seconds, cpuSeconds, perSecond: checkins / cpuSeconds, peakMb, ...asked };
}

/** Median ms a query, over five rounds. */
function askMs(city: City, candidates?: Int32Array): number {
  const oracle = cityOracle(city);
  const { users, times, size } = city.interactions;
  const rows = Array.from({ length: QUERIES }, (_, i) => Math.floor(((i + 0.5) * size) / QUERIES));
  const batch = queryBatch(rows.map((row) => ({ user: users[row]!, items: [], now: times[row]! })));
  const rounds = Array.from({ length: 5 }, () => {
    const start = performance.now();
    oracle.score(batch, candidates);
    return (performance.now() - start) / QUERIES;
  });
  return rounds.sort((a, b) => a - b)[2]!;
}

const wanted = process.argv.slice(2);
const sizes = (Object.keys(CITY_SIZES) as (keyof typeof CITY_SIZES)[]).filter(
  (size) => wanted.length === 0 || wanted.includes(size),
);
const rows: Row[] = [];
const machine = `${cpus()[0]?.model ?? "unknown"}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`;
const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
process.stdout.write(`${machine}, node ${process.version}, ${commit}\n`);
process.stdout.write(
  "size      check-ins   seconds  cpu seconds  check-ins/cpu s  peak MB  all places ms  slate of 10 ms\n",
);
for (const size of sizes) {
  const row = await measure(size);
  rows.push(row);
  const { checkins, seconds, cpuSeconds, perSecond, peakMb, oracleMs, slateMs } = row;
  const cells = [
    checkins,
    seconds.toFixed(2),
    cpuSeconds.toFixed(2),
    Math.round(perSecond),
    peakMb,
    oracleMs.toFixed(3),
    slateMs.toFixed(3),
  ];
  const widths = [11, 10, 13, 17, 9, 15, 16];
  process.stdout.write(`${size.padEnd(8)}${cells.map((cell, i) => String(cell).padStart(widths[i]!)).join("")}\n`);
}
if (wanted.length === 0) {
  const folder = new URL("results/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    new URL("city.json", folder),
    `${JSON.stringify({ machine, node: process.version, commit, rows }, undefined, 2)}\n`,
  );
}
