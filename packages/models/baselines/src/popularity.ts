import {
  MINUTE_MS,
  NEGATIVE,
  throwIfCancelled,
  type Catalog,
  type Interactions,
  type QueryBatch,
} from "@sequitur/core";
import {
  artifactConfig,
  artifactTensor,
  withSignals,
  type Artifact,
  type Model,
  type Recommender,
  inputsWhere,
} from "@sequitur/recommender";
import { z } from "zod";
import { halfLifeDaysField, rowWeights } from "./half-life.js";
import { approved } from "./item-weights.js";
import { scoreRows } from "./score-rows.js";

export const popularityConfig = z.strictObject({
  halfLifeDays: halfLifeDaysField,
  by: z
    .enum(["all", "hour", "month", "season"])
    .default("all")
    .describe("part of the local calendar whose popularity counts; season: December to February, and so on"),
  smoothing: z
    .number()
    .min(0)
    .max(1_000_000)
    .default(100)
    .describe("interactions of overall popularity that are added to those of each hour, month or season"),
});
export type PopularityConfig = z.infer<typeof popularityConfig>;

/** Buckets of the calendar, and the bucket of an instant on a clock that runs `offsetMinutes` ahead of UTC. */
const CALENDARS = {
  all: { buckets: 1, of: () => 0 },
  hour: { buckets: 24, of: (local: Date) => local.getUTCHours() },
  month: { buckets: 12, of: (local: Date) => local.getUTCMonth() },
  season: { buckets: 4, of: (local: Date) => Math.floor(((local.getUTCMonth() + 1) % 12) / 3) },
} as const;

function bucketOf(by: PopularityConfig["by"], timeMs: number, offsetMinutes: number): number {
  return by === "all" ? 0 : CALENDARS[by].of(new Date(timeMs + offsetMinutes * MINUTE_MS));
}

/**
 * Scores an item by its share of the interactions, as P(item) or P(item | hour, month or season); see the config.
 * Interactions count their values, and negatives take away: see `approved`.
 */
export const popularity: Recommender<PopularityConfig> = withSignals(
  { positive: "weighs", negative: "learns" },
  {
    name: "popularity",
    config: popularityConfig,
    search: {
      halfLifeDays: { kind: "number", min: 1, max: 1000, log: true },
      by: { kind: "choice", values: ["all", "hour", "month", "season"] },
      smoothing: { kind: "number", min: 1, max: 10_000, log: true },
    },
    reads: ({ by, halfLifeDays }) =>
      inputsWhere({ "answer-time": by !== "all", times: by !== "all" || halfLifeDays !== null }),
    async fit(train, config, run) {
      throwIfCancelled(run.signal);
      const weights = countByBucket(train, config);
      const shares = smoothedShares(weights, train.catalog.items.size, config);
      return popularityModel(train.catalog, config, shares, commonestOffset(train));
    },
    load(artifact) {
      const config = artifactConfig(artifact, "popularity", popularityConfig);
      const buckets = CALENDARS[config.by].buckets;
      const shares = artifactTensor(artifact, "shares", Float32Array, [buckets, artifact.catalog.items.size]);
      const offset = artifactTensor(artifact, "utc-offset-minutes", Int16Array, [1]);
      return popularityModel(artifact.catalog, config, shares, offset[0]!);
    },
  },
);

function popularityModel(
  catalog: Catalog,
  config: PopularityConfig,
  shares: Float32Array,
  usualOffsetMinutes: number,
): Model {
  const size = catalog.items.size;
  const score = (batch: QueryBatch, candidates?: Int32Array): Float32Array =>
    scoreRows(batch, size, candidates, (row, b) => {
      const offset = batch.utcOffsetMinutes?.[b] ?? usualOffsetMinutes;
      const bucket = bucketOf(config.by, batch.now[b]!, offset);
      row.set(shares.subarray(bucket * size, (bucket + 1) * size));
    });
  const save = (): Artifact => ({
    model: "popularity",
    config,
    catalog,
    tensors: new Map([
      ["shares", { shape: [CALENDARS[config.by].buckets, size], data: shares }],
      ["utc-offset-minutes", { shape: [1], data: Int16Array.of(usualOffsetMinutes) }],
    ]),
  });
  return { name: "popularity", needs: "nothing", catalog, score, save };
}

/** (buckets, N) summed weights of the interactions. */
function countByBucket(train: Interactions, config: PopularityConfig): Float64Array {
  const size = train.catalog.items.size;
  const weights = new Float64Array(CALENDARS[config.by].buckets * size);
  const offsets = train.context.utcOffsetMinutes;
  const counts = rowWeights(train, config.halfLifeDays);
  const { role } = train.context;
  const disliked = new Float64Array(role === undefined ? 0 : weights.length);
  for (let row = 0; row < train.size; row++) {
    const time = train.times[row]!;
    const bucket = bucketOf(config.by, time, offsets?.[row] ?? 0);
    const side = role?.[row] === NEGATIVE ? disliked : weights;
    side[bucket * size + train.items[row]!]! += counts?.[row] ?? 1;
  }
  return role === undefined ? weights : weights.map((weight, at) => approved(weight, disliked[at]!));
}

/** (buckets, N) P(item | bucket) = (n_bi + smoothing P(i)) / (n_b + smoothing); P(item) for a bucket with nothing. */
function smoothedShares(weights: Float64Array, size: number, config: PopularityConfig): Float32Array {
  const { buckets } = CALENDARS[config.by];
  const overall = new Float64Array(size);
  for (let at = 0; at < weights.length; at++) overall[at % size]! += weights[at]!;
  const total = overall.reduce((sum, weight) => sum + weight, 0);
  const shares = new Float32Array(weights.length);
  if (total === 0) return shares;
  for (let bucket = 0; bucket < buckets; bucket++) {
    const own = weights.subarray(bucket * size, (bucket + 1) * size);
    const ownTotal = own.reduce((sum, weight) => sum + weight, 0);
    const pseudo = buckets === 1 ? 0 : ownTotal + config.smoothing > 0 ? config.smoothing : 1;
    for (let item = 0; item < size; item++) {
      const prior = overall[item]! / total;
      shares[bucket * size + item] = (own[item]! + pseudo * prior) / (ownTotal + pseudo);
    }
  }
  return shares;
}

/** The clock offset that most interactions carry; 0 when none is known. It serves queries that carry none. */
export function commonestOffset(train: Interactions): number {
  const counts = new Map<number, number>();
  for (const offset of train.context.utcOffsetMinutes ?? []) counts.set(offset, (counts.get(offset) ?? 0) + 1);
  let best = 0;
  for (const [offset, count] of counts) if (count > (counts.get(best) ?? 0)) best = offset;
  return best;
}
