import { PlatformError, Random, raggedFrom, type RaggedItems } from "@sequitur/core";
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { performance } from "node:perf_hooks";
import { comparePaired, meanInterval, rankingMetrics, targetRanks } from "../src/index.js";

/** The shape of a well-known data set: every user ranked over the full catalogue. */
const USERS = 6_040;
const ITEMS = 3_706;
const REPEATS = 7;

interface Timing {
  readonly name: string;
  readonly medianMs: number;
  readonly fastestMs: number;
  readonly slowestMs: number;
  readonly rate: string;
}

function main(): void {
  const random = new Random("bench/metrics");
  const timings = [...rankTimings(random), ...intervalTimings(random)];
  const machine = `${cpus()[0]?.model ?? "unknown"}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`;
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  const result = { machine, node: process.version, commit, timings };
  const folder = new URL("results/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL("metrics.json", folder), `${JSON.stringify(result, undefined, 2)}\n`);
  const rows = timings.map(
    ({ name, medianMs, fastestMs, slowestMs, rate }) =>
      `${name.padEnd(58)}${medianMs.toFixed(1).padStart(9)}${`${fastestMs.toFixed(1)}-${slowestMs.toFixed(1)}`.padStart(18)}  ${rate}`,
  );
  const head = `${"what".padEnd(58)}${"ms".padStart(9)}${"spread".padStart(18)}  rate`;
  process.stdout.write([`${machine}, node ${process.version}, ${commit}`, head, ...rows, ""].join("\n"));
}

function rankTimings(random: Random): Timing[] {
  const scores = Float32Array.from({ length: USERS * ITEMS }, () => random.uniform());
  const exclude = listsOf(random.fork("exclude"), 165);
  const timings: Timing[] = [];
  for (const count of [1, 5, 10, 12, 13, 20, 100]) {
    const targets = listsOf(random.fork(`targets ${count}`), count);
    checkAgainstSort(scores, targets);
    const masked = count === 1 ? exclude : undefined;
    const name = `targetRanks ${USERS} x ${ITEMS}, ${count} targets${masked ? ", 165 excluded" : ""}`;
    const cells = USERS * ITEMS;
    timings.push(
      time(
        name,
        (ms) => `${(cells / ms / 1e6).toFixed(2)}e9 scores/s`,
        () => targetRanks(scores, ITEMS, targets, masked),
      ),
    );
    if (count !== 10) continue;
    const ranks = targetRanks(scores, ITEMS, targets);
    const options = { metrics: ["recall", "hit", "precision", "f1", "ndcg", "mrr", "map"], cutoffs: [5, 10, 20] };
    const run = () => rankingMetrics(ranks, targets, options);
    timings.push(
      time(
        `rankingMetrics ${USERS} queries, 10 targets, 24 metrics`,
        (ms) => `${((USERS * 24) / ms / 1e3).toFixed(1)}e6 values/s`,
        run,
      ),
    );
  }
  return timings;
}

function intervalTimings(random: Random): Timing[] {
  const timings: Timing[] = [];
  for (const size of [6_040, 100_000]) {
    const values = () =>
      Float64Array.from({ length: size }, () => (random.uniform() < 0.15 ? 1 / Math.log2(random.integer(10) + 2) : 0));
    const [a, b] = [values(), values()];
    const rate = (ms: number) => `${(size / ms / 1e3).toFixed(2)}e6 values/s`;
    timings.push(time(`meanInterval ${size} values`, rate, () => meanInterval(a)));
    const seeded = () => ({ random: new Random(1) });
    timings.push(time(`comparePaired ${size} pairs, 2000 sign patterns`, rate, () => comparePaired(a, b, seeded())));
  }
  return timings;
}

/** (USERS lists) of distinct items. */
function listsOf(random: Random, count: number): RaggedItems {
  return raggedFrom(
    Array.from({ length: USERS }, () => {
      const items = new Set<number>();
      while (items.size < count) items.add(random.integer(ITEMS));
      return [...items];
    }),
  );
}

/** Times mean nothing when the ranks are wrong: the first queries are checked by sorting. */
function checkAgainstSort(scores: Float32Array, targets: RaggedItems): void {
  const queries = 20;
  const offsets = targets.offsets.slice(0, queries + 1);
  const { ranks } = targetRanks(scores.subarray(0, queries * ITEMS), ITEMS, { offsets, items: targets.items });
  for (let row = 0; row < queries; row++) {
    const sorted = [...scores.subarray(row * ITEMS, (row + 1) * ITEMS)].sort((x, y) => y - x);
    for (let at = offsets[row]!; at < offsets[row + 1]!; at++) {
      const score = scores[row * ITEMS + targets.items[at]!]!;
      const mean = (sorted.indexOf(score) + sorted.lastIndexOf(score)) / 2 + 1;
      if (ranks[at] !== mean) throw new PlatformError("bad-data", `rank must be ${mean}, got ${ranks[at]}.`);
    }
  }
}

function time(name: string, rate: (ms: number) => string, run: () => unknown): Timing {
  run();
  const times = Array.from({ length: REPEATS }, () => {
    const start = performance.now();
    run();
    return performance.now() - start;
  }).sort((x, y) => x - y);
  const medianMs = times[REPEATS >> 1]!;
  return { name, medianMs, fastestMs: times[0]!, slowestMs: times[REPEATS - 1]!, rate: rate(medianMs) };
}

main();
