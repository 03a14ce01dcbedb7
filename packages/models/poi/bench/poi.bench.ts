/**
 * Speed of SEAGET and GETNext: an epoch on Foursquare NYC at the published sizes and at the defaults, a fit over 100,000
 * places with its peak memory, and one request at 5,000 and 100,000 places. Writes bench/results/poi.json. `--steps 20`
 * is how many steps of an epoch are timed (0: all), `--calls 200` how many requests.
 */
import { idTable, interactionsFrom, parseConfig, queryBatch, Random, type Interactions } from "@sequitur/core";
import { parseArgs } from "node:util";
import { getnext, seaget, type PoiModel } from "../src/index.js";
import { loadNow, quantile, table, writeResults } from "@sequitur/config/measure";
import { nycSplit } from "../verify/nyc.js";

const { values: options } = parseArgs({
  options: { steps: { type: "string", default: "20" }, calls: { type: "string", default: "200" } },
});
const STEPS = Number(options.steps);
const CALLS = Number(options.calls);
const USERS = 60;
/** SEAGET's code: 128-d places and users, 32-d times and categories, 2 blocks, 2 heads, 1024 hidden. */
const PUBLISHED = { width: 128, timeWidth: 32, layers: 2, heads: 2, hidden: 1024 };

interface EpochSpeed {
  readonly model: string;
  readonly sizes: string;
  readonly stepsTimed: number;
  readonly stepsPerEpoch: number;
  /** Processor time of one step, times the steps of an epoch. */
  readonly epochCpuSeconds: number;
  readonly epochWallSeconds: number;
}

async function epochSpeed(name: "seaget" | "getnext", sizes: string, train: Interactions): Promise<EpochSpeed> {
  const recommender = name === "seaget" ? seaget : getnext;
  const config = parseConfig(recommender.config, { epochs: 1, ...(sizes === "published" && PUBLISHED) }, "bench");
  const stop = new AbortController();
  const marks: { wall: number; cpu: number }[] = [];
  let total = 0;
  const report = (progress: { total?: number }): void => {
    const { user, system } = process.cpuUsage();
    marks.push({ wall: performance.now(), cpu: (user + system) / 1000 });
    total = progress.total ?? 0;
    if (STEPS > 0 && marks.length > STEPS + 3) stop.abort();
  };
  const run = { random: new Random(1), threads: 1, signal: stop.signal, report };
  await recommender.fit(train, config, run).catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  const timed = marks.slice(3); // the first steps compile
  const steps = timed.length - 1;
  const span = (of: "wall" | "cpu"): number => (timed.at(-1)![of] - timed[0]![of]) / steps / 1000;
  return {
    model: name,
    sizes,
    stepsTimed: steps,
    stepsPerEpoch: total,
    epochCpuSeconds: Number((span("cpu") * total).toFixed(1)),
    epochWallSeconds: Number((span("wall") * total).toFixed(1)),
  };
}

/** Random walks over so many places around one city, with categories and coordinates. */
function randomWalks(places: number): Interactions {
  const random = new Random("bench/poi");
  const [users, length] = [USERS, 40];
  const ids = (letter: string, size: number) => idTable(Array.from({ length: size }, (_, at) => `${letter}${at}`));
  const spread = (middle: number): Float64Array =>
    Float64Array.from({ length: places }, () => middle + random.normal() / 10);
  const catalog = {
    users: ids("u", users),
    items: ids("p", places),
    itemColumns: {
      categories: Array.from({ length: places }, () => [`c${random.integer(300)}`]),
      latitudes: spread(40),
      longitudes: spread(-74),
    },
  };
  const size = users * length;
  return interactionsFrom(catalog, {
    users: Int32Array.from({ length: size }, (_, at) => Math.floor(at / length)),
    items: Int32Array.from({ length: size }, () => Math.floor(places * random.uniform() ** 2)),
    times: Float64Array.from({ length: size }, (_, at) => 1.6e12 + (at % length) * 5 * 3_600_000),
  });
}

interface Serving {
  readonly places: number;
  readonly fitCpuSeconds: number;
  /** Of the whole process, training included, up to here. */
  readonly peakMemoryMb: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

async function serving(places: number): Promise<Serving> {
  const train = randomWalks(places);
  const before = process.cpuUsage();
  const config = parseConfig(seaget.config, { epochs: 1 }, "bench");
  const model = await seaget.fit(train, config, { random: new Random(1), threads: 1 });
  const { user, system } = process.cpuUsage(before);
  const times = requests(model, train);
  model.release();
  const round = (ms: number): number => Number(ms.toFixed(2));
  return {
    places,
    fitCpuSeconds: Number(((user + system) / 1e6).toFixed(1)),
    peakMemoryMb: Math.round(process.resourceUsage().maxRSS / 1024),
    p50Ms: round(quantile(times, 0.5)),
    p99Ms: round(quantile(times, 0.99)),
  };
}

/** ms of one request each: a user with 40 check-ins, 5 of them in the current trajectory, all places scored. */
function requests(model: PoiModel, train: Interactions): number[] {
  const times: number[] = [];
  for (let call = 0; call < CALLS + 20; call++) {
    const user = call % USERS;
    const [from, to] = [train.userOffsets[user]!, train.userOffsets[user + 1]!];
    const past = { items: train.items.subarray(from, to), times: train.times.subarray(from, to) };
    const query = queryBatch([{ user, ...past, sessionStart: 35, now: past.times.at(-1)! + 3_600_000 }]);
    const start = performance.now();
    model.score(query);
    times.push(performance.now() - start);
  }
  return times.slice(20); // the first ones compile
}

async function main(): Promise<void> {
  const load = loadNow();
  const small = await serving(5000);
  const large = await serving(100_000);
  const split = await nycSplit();
  const epochs: EpochSpeed[] = [];
  if (split === undefined) process.stdout.write("no Foursquare NYC here (SEQUITUR_DATASETS): no epochs are timed\n");
  else {
    for (const sizes of ["published", "default"]) {
      for (const name of ["seaget", "getnext"] as const) epochs.push(await epochSpeed(name, sizes, split.train));
    }
  }
  const note = writeResults(import.meta.url, "poi", load, { epochs, serving: [small, large] });
  process.stdout.write(`${epochs.length > 0 ? `${table(epochs)}\n\n` : ""}${table([small, large])}\n\n${note}\n`);
}

await main();
