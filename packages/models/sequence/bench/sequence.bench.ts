/**
 * Training speed of the sequence models over 3,500 items, the memory of a fit, and serving and evaluation over as many
 * items and users as MovieLens-1M has; length 50, width 64, SASRec with 2 blocks and 2 heads, GRU4Rec with 128 states. Seeded
 * random data, so only the speed means something. Writes bench/results/sequence.json. `--steps 12`, `--calls 400` and
 * `--users 6040` change the effort; `--memory NAME` is what the bench runs in processes of their own.
 */
import { idTable, interactionsFrom, parseConfig, queryBatch, Random, sliceQueries } from "@sequitur/core";
import type { Catalog, Interactions } from "@sequitur/core";
import { recommend } from "@sequitur/recommender";
import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";
import { gru4rec, sasrec, type SequenceModel, type SequenceRecommender } from "../src/index.js";
import { loadNow, quantile, table, writeResults } from "@sequitur/config/measure";

const { values: options } = parseArgs({
  options: {
    steps: { type: "string", default: "12" },
    calls: { type: "string", default: "400" },
    users: { type: "string", default: "6040" },
    memory: { type: "string" },
  },
});
const STEPS = Number(options.steps);
const CALLS = Number(options.calls);
const USERS = Number(options.users);
const ITEMS = 3500;
const SERVED_ITEMS = 3706;
const LENGTH = 50;
const BATCH = 128;

const MODELS: Readonly<Record<string, { recommender: SequenceRecommender<unknown>; config: Record<string, unknown> }>> =
  {
    sasrec: { recommender: sasrec, config: { layers: 2, heads: 2, hidden: 64 } },
    gru4rec: { recommender: gru4rec, config: { hidden: 128 } },
  };
const LOSSES = { "full softmax": { loss: "softmax" }, "256 negatives": { loss: "sampled-softmax", negatives: 256 } };

/** Every user reads exactly `LENGTH` items and is asked for one more, so that no position is padding. */
function randomHistories(users: number, items = ITEMS): Interactions {
  const random = new Random("bench/sequence");
  const names = (letter: string, size: number): string[] => Array.from({ length: size }, (_, at) => `${letter}${at}`);
  const catalog: Catalog = { users: idTable(names("u", users)), items: idTable(names("i", items)), itemColumns: {} };
  const size = users * (LENGTH + 1);
  return interactionsFrom(catalog, {
    users: Int32Array.from({ length: size }, (_, at) => Math.floor(at / (LENGTH + 1))),
    items: Int32Array.from({ length: size }, () => Math.floor(items * random.uniform() ** 2)),
    times: Float64Array.from({ length: size }, (_, at) => at),
  });
}

async function fitTimed(
  name: string,
  extra: Record<string, unknown>,
  threads: number,
  train: Interactions,
): Promise<{ model: SequenceModel; stepMs: number[] }> {
  const { recommender, config } = MODELS[name]!;
  const common = { width: 64, maxLength: LENGTH, dropout: 0.2, batchSize: BATCH * LENGTH, epochs: 1 };
  const parsed = parseConfig(recommender.config, { ...common, ...config, ...extra }, "bench");
  const at: number[] = [];
  const report = (): void => void at.push(performance.now());
  const model = await recommender.fit(train, parsed, { random: new Random(1), threads, report });
  // The first steps compile; the last report is the end of the epoch.
  return {
    model,
    stepMs: at
      .slice(1, -1)
      .map((time, i) => time - at[i]!)
      .slice(3),
  };
}

interface TrainingSpeed {
  readonly model: string;
  readonly loss: string;
  readonly threads: number;
  /** Next-item predictions a second, by the median step and by the fastest. */
  readonly targetsPerSecond: number;
  readonly fastest: number;
}

async function trainingSpeed(): Promise<TrainingSpeed[]> {
  const rows: TrainingSpeed[] = [];
  for (const model of Object.keys(MODELS)) {
    for (const [loss, extra] of Object.entries(LOSSES)) {
      for (const threads of [1, 2]) {
        const { stepMs, model: fitted } = await fitTimed(model, extra, threads, randomHistories(BATCH * (STEPS + 4)));
        fitted.release();
        const perSecond = (ms: number): number => Math.round((1000 * BATCH * LENGTH) / ms);
        const [middle, best] = [quantile(stepMs, 0.5), Math.min(...stepMs)];
        rows.push({ model, loss, threads, targetsPerSecond: perSecond(middle), fastest: perSecond(best) });
      }
    }
  }
  return rows;
}

interface ServingSpeed {
  readonly model: string;
  /** ms to score one history of 50 over all items: in one call, and one event later with the states kept. */
  readonly fullP50Ms: number;
  readonly fullP99Ms: number;
  readonly cachedP50Ms: number;
  readonly cachedP99Ms: number;
  /** Users a second: all items scored, seen ones left out, top 10. */
  readonly usersPerSecond: number;
}

async function servingSpeed(name: string): Promise<ServingSpeed> {
  const train = randomHistories(USERS, SERVED_ITEMS);
  const { model } = await fitTimed(name, LOSSES["256 negatives"], 1, randomHistories(8 * BATCH, SERVED_ITEMS));
  const history = (user: number): Int32Array =>
    train.items.subarray(user * (LENGTH + 1), (user + 1) * (LENGTH + 1) - 1);
  const [full, cached]: [number[], number[]] = [[], []];
  for (let call = 0; call < CALLS; call++) {
    const items = history(call % USERS);
    const query = queryBatch([{ items }]);
    const start = performance.now();
    const scores = model.score(query);
    full.push(performance.now() - start);
    const session = model.session(items.subarray(0, LENGTH - 1));
    const event = performance.now();
    session.append(items[LENGTH - 1]!);
    const same = session.scores();
    cached.push(performance.now() - event);
    session.close();
    if (!scores.every((score, item) => Object.is(score, same[item])))
      throw new Error("the kept states gave other scores");
  }
  const queries = queryBatch(Array.from({ length: USERS }, (_, user) => ({ items: history(user) })));
  const start = performance.now();
  for (let from = 0; from < USERS; from += 500) {
    const batch = sliceQueries(queries, from, Math.min(USERS, from + 500));
    recommend(model, batch, { k: 10, exclude: batch });
  }
  const seconds = (performance.now() - start) / 1000;
  model.release();
  const warm = { full: full.slice(CALLS / 4), cached: cached.slice(CALLS / 4) };
  const round = (ms: number): number => Number(ms.toFixed(3));
  return {
    model: name,
    fullP50Ms: round(quantile(warm.full, 0.5)),
    fullP99Ms: round(quantile(warm.full, 0.99)),
    cachedP50Ms: round(quantile(warm.cached, 0.5)),
    cachedP99Ms: round(quantile(warm.cached, 0.99)),
    usersPerSecond: Math.round(USERS / seconds),
  };
}

interface FitMemory {
  readonly model: string;
  readonly loss: string;
  /** Peak resident set of a process that fits one epoch, and of it before the fit with the data in it, MB. */
  readonly peakMb: number;
  readonly beforeMb: number;
}

const megabytes = (): number => Math.round(process.resourceUsage().maxRSS / 1000);

/** Run in a process of its own: prints the memory of a fit. */
async function fitMemory(model: string): Promise<void> {
  const train = randomHistories(BATCH * STEPS);
  const beforeMb = megabytes();
  await fitTimed(model, LOSSES["full softmax"], 1, train);
  process.stdout.write(JSON.stringify({ model, loss: "full softmax", peakMb: megabytes(), beforeMb }));
}

function memoryOf(model: string): FitMemory {
  const command = [...process.execArgv, ...process.argv.slice(1), "--memory", model];
  return JSON.parse(execFileSync(process.execPath, command, { encoding: "utf8" })) as FitMemory;
}

async function main(): Promise<void> {
  const load = loadNow();
  const training = await trainingSpeed();
  const serving = [await servingSpeed("sasrec"), await servingSpeed("gru4rec")];
  const memory = Object.keys(MODELS).map(memoryOf);
  const note = writeResults(import.meta.url, "sequence", load, { training, serving });
  process.stdout.write(`${[table(training), table(serving), table(memory)].join("\n\n")}\n\n${note}\n`);
}

if (options.memory === undefined) await main();
else await fitMemory(options.memory);
