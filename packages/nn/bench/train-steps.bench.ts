/**
 * Training steps of this package beside PyTorch's, in turns: for each case a window of ours on one thread, ours on two,
 * theirs on one, theirs on two, and again. `--rounds 5 --ms 2000 --cases sasrec-last,gru4rec` change the effort;
 * SEQUITUR_PYTHON names a Python with torch. Writes bench/results/train-steps.json.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startPeer, type Peer } from "./peer-process.js";
import { measureStartUp } from "./start-up.js";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const { values: options } = parseArgs({
  options: { rounds: { type: "string" }, ms: { type: "string" }, cases: { type: "string" }, out: { type: "string" } },
});
const rounds = Number(options.rounds ?? 5);
const ms = Number(options.ms ?? 2000);

/** What each case is, and the share of PyTorch's time that we aim at, with dropout. */
const CASES: Readonly<
  Record<string, { readonly what: string; readonly aim: number; readonly dropouts: readonly number[] }>
> = {
  "sasrec-last": {
    what: "SASRec, length 50, cross-entropy over 3500 at the last position",
    aim: 0.65,
    dropouts: [0.2, 0],
  },
  "sasrec-all": { what: "SASRec, length 50, cross-entropy over 3500 at all positions", aim: 0.5, dropouts: [0.2, 0] },
  "sasrec-sampled": { what: "SASRec, length 200, 256 shared negatives at all positions", aim: 0.5, dropouts: [0.2, 0] },
  gru4rec: { what: "GRU4Rec, length 50, cross-entropy over 3500 at all positions", aim: 0.5, dropouts: [0.2, 0] },
  "adam-rows": { what: "Adam, 6400 rows of a table of 100,000 x 64", aim: 0.1, dropouts: [0] },
};

interface Timing {
  readonly median: number;
  readonly min: number;
  /** Half the distance between the quartiles. */
  readonly spread: number;
  readonly steps: number;
}

function timing(times: readonly number[]): Timing {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  const rounded = (x: number): number => Math.round(x * 1000) / 1000;
  return {
    median: rounded(at(0.5)),
    min: rounded(sorted[0]),
    spread: rounded((at(0.75) - at(0.25)) / 2),
    steps: sorted.length,
  };
}

/** The first Python that can import torch. */
function findPython(): string | undefined {
  const candidates = [process.env.SEQUITUR_PYTHON, "/usr/bin/python3", "python3"].filter((path) => path !== undefined);
  return candidates.find((python) => {
    try {
      execFileSync(python, ["-c", "import torch"], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  });
}

interface Contestant {
  readonly name: string;
  readonly threads: number;
  readonly peer: Peer;
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function measureCase(contestants: readonly Contestant[], name: string, dropout: number) {
  const times = contestants.map(() => [] as number[]);
  const last: Record<string, unknown>[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const [i, { peer, threads }] of contestants.entries()) {
      const answer = await peer.ask({ case: name, dropout, threads, ms });
      times[i].push(...(answer.times as number[]));
      last[i] = answer;
    }
  }
  return contestants.map((contestant, i) => ({
    by: contestant.name,
    threads: contestant.threads,
    ...timing(times[i]),
    ...(last[i].mebibytes !== undefined && { mebibytes: Math.round(last[i].mebibytes as number) }),
  }));
}

function best(results: Awaited<ReturnType<typeof measureCase>>, by: string): number {
  return Math.min(...results.filter((result) => result.by === by).map(({ median }) => median));
}

async function main(): Promise<void> {
  const tsx = here("../../../node_modules/.bin/tsx");
  const ours = (threads: number): Contestant => ({
    name: "ours",
    threads,
    peer: startPeer(tsx, ["--conditions", "@sequitur/source", here("step-worker.ts"), `${threads}`], process.env),
  });
  const contestants: Contestant[] = [ours(1), ours(2)];
  const python = findPython();
  let peer: Record<string, unknown> | undefined;
  if (python === undefined)
    print("no Python with torch was found (Debian: apt install python3-torch libopenblas0-pthread): ours alone");
  else {
    const torch = startPeer(python, [here("peers/train_steps.py")], process.env);
    peer = await torch.ask({ about: true });
    print(`peer: ${JSON.stringify(peer)}`);
    if ((peer.gflops as number) < 20)
      print("this PyTorch has no tuned BLAS: the ratios below flatter us (Debian: libopenblas0-pthread)");
    contestants.push({ name: "torch", threads: 1, peer: torch }, { name: "torch", threads: 2, peer: torch });
  }
  const names = options.cases?.split(",") ?? Object.keys(CASES);
  const results = [];
  for (const name of names) {
    const { what, aim, dropouts } = CASES[name];
    for (const dropout of dropouts) {
      const timings = await measureCase(contestants, name, dropout);
      const ratio = python === undefined ? undefined : best(timings, "ours") / best(timings, "torch");
      print(`${name} dropout ${dropout}: ${what}`);
      for (const t of timings) {
        print(
          `  ${t.by.padEnd(6)} ${t.threads} thread(s)  median ${t.median.toFixed(2)} ms  min ${t.min.toFixed(2)}  +-${t.spread.toFixed(2)}  ${t.steps} steps`,
        );
      }
      if (ratio !== undefined) print(`  best to best ${ratio.toFixed(3)} (aim with dropout ${aim})`);
      results.push({
        case: name,
        what,
        dropout,
        aim,
        ...(ratio !== undefined && { ratio: Number(ratio.toFixed(4)) }),
        timings,
      });
    }
  }
  for (const { peer: process } of contestants) process.close();
  const startUp = existsSync(here("../dist/index.js")) ? measureStartUp() : undefined;
  print(`start-up: ${JSON.stringify(startUp)}`);
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, memoryBytes: totalmem(), platform: process.platform };
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  const load = execFileSync("uptime", { encoding: "utf8" }).trim();
  const report = {
    machine,
    node: process.version,
    v8: process.versions.v8,
    commit,
    load,
    rounds,
    ms,
    peer: peer ?? null,
    results,
    startUp: startUp ?? null,
  };
  mkdirSync(here("results"), { recursive: true });
  writeFileSync(options.out ?? here("results/train-steps.json"), `${JSON.stringify(report, null, 2)}\n`);
}

await main();
