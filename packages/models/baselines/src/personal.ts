import { NONE, throwIfCancelled, type Catalog, type Interactions, type QueryBatch } from "@sequitur/core";
import {
  type Artifact,
  artifactConfig,
  artifactTensor,
  countPairs,
  loadSparse,
  type Model,
  type Recommender,
  type SparseRows,
  sparseTensors,
} from "@sequitur/recommender";
import { z } from "zod";
import { knownUser, lastItem } from "./history.js";
import { addTransitions, isFresh, itemTransitions, timesLeft } from "./markov.js";
import { itemShares } from "./popularity.js";
import { scoreRows } from "./score-rows.js";

export const personalConfig = z.strictObject({
  markovWeight: z
    .number()
    .min(0)
    .max(100)
    .default(0.5)
    .describe("weight of P(item | last item) beside the user's share"),
  popularityWeight: z
    .number()
    .min(0)
    .max(1)
    .default(0.001)
    .describe("weight of the item's overall share: orders what neither the user nor the last item knows"),
  countHistory: z
    .boolean()
    .default(true)
    .describe("count also what a known user's history holds from after the user's last training interaction"),
  maxGapHours: z
    .number()
    .positive()
    .nullable()
    .default(24)
    .describe("hours; interactions further apart are no transition; null: no limit"),
  withinSession: z.boolean().default(false).describe("count no transition from one session of the source to the next"),
});
export type PersonalConfig = z.infer<typeof personalConfig>;

/** What a fit leaves: (U, N) counts, (N, N) transitions, (N) shares, (U) newest training time in ms or -Infinity. */
interface Counts {
  readonly visits: SparseRows;
  readonly transitions: SparseRows;
  readonly shares: Float32Array;
  readonly lastTimes: Float64Array;
}

/**
 * The user's own frequencies blended with first-order transitions:
 * score(j) = n_uj / n_u + markovWeight n_ij / n_i + popularityWeight P(j), with i the last item of the history.
 * A user without training interactions is counted from the history alone.
 */
export const personal: Recommender<PersonalConfig> = {
  name: "personal",
  config: personalConfig,
  search: {
    markovWeight: { kind: "number", min: 0.05, max: 10, log: true },
    popularityWeight: { kind: "number", min: 1e-5, max: 0.1, log: true },
    countHistory: { kind: "choice", values: [true, false] },
    maxGapHours: { kind: "number", min: 1, max: 1000, log: true },
  },
  async fit(train, config, run) {
    throwIfCancelled(run.signal);
    const { users, items } = train.catalog;
    return personalModel(train.catalog, config, {
      visits: countPairs(train.users, train.items, users.size, items.size),
      transitions: itemTransitions(train, config, "personal"),
      shares: itemShares(train),
      lastTimes: newestTimes(train),
    });
  },
  load(artifact) {
    const config = artifactConfig(artifact, "personal", personalConfig);
    const { users, items } = artifact.catalog;
    return personalModel(artifact.catalog, config, {
      visits: loadSparse(artifact, "visits", users.size, items.size),
      transitions: loadSparse(artifact, "transitions", items.size, items.size),
      shares: artifactTensor(artifact, "shares", Float32Array, [items.size]),
      lastTimes: artifactTensor(artifact, "last-times", Float64Array, [users.size]),
    });
  },
};

function personalModel(catalog: Catalog, config: PersonalConfig, counts: Counts): Model {
  const size = catalog.items.size;
  const { transitions, shares } = counts;
  const score = (batch: QueryBatch, candidates?: Int32Array): Float32Array =>
    scoreRows(batch, size, candidates, (row, b) => {
      for (let item = 0; item < size; item++) row[item] = config.popularityWeight * shares[item]!;
      addOwnShares(row, batch, b, counts, catalog.users.size, config);
      const from = isFresh(batch, b, config) ? lastItem(batch, b, size) : NONE;
      const left = from === NONE ? 0 : timesLeft(transitions, from);
      if (left > 0) addTransitions(row, transitions, from, config.markovWeight / left);
    });
  const save = (): Artifact => ({
    model: "personal",
    config,
    catalog,
    tensors: new Map([
      ...sparseTensors("visits", counts.visits),
      ...sparseTensors("transitions", transitions),
      ["shares", { shape: [size], data: shares }],
      ["last-times", { shape: [catalog.users.size], data: counts.lastTimes }],
    ]),
  });
  return { name: "personal", catalog, score, save };
}

/** row[j] += n_uj / n_u. */
function addOwnShares(
  row: Float32Array,
  batch: QueryBatch,
  query: number,
  { visits, lastTimes }: Counts,
  userCount: number,
  config: PersonalConfig,
): void {
  const user = knownUser(batch, query, userCount);
  const trained = user !== NONE && lastTimes[user]! > -Infinity;
  const start = trained ? visits.offsets[user]! : 0;
  const end = trained ? visits.offsets[user + 1]! : 0;
  const extra = trained && !config.countHistory ? [] : itemsAfter(batch, query, trained ? lastTimes[user]! : -Infinity);
  let total = extra.length;
  for (let p = start; p < end; p++) total += visits.values[p]!;
  for (let p = start; p < end; p++) row[visits.columns[p]!]! += visits.values[p]! / total;
  for (const item of extra) if (item >= 0 && item < row.length) row[item]! += 1 / total;
}

/** The tail of a query's history that is later than an instant. */
function itemsAfter(batch: QueryBatch, query: number, timeMs: number): Int32Array {
  const end = batch.offsets[query + 1]!;
  let from = end;
  while (from > batch.offsets[query]! && batch.times[from - 1]! > timeMs) from--;
  return batch.items.subarray(from, end);
}

function newestTimes(train: Interactions): Float64Array {
  const newest = new Float64Array(train.catalog.users.size).fill(-Infinity);
  for (let row = 0; row < train.size; row++) newest[train.users[row]!] = train.times[row]!;
  return newest;
}
