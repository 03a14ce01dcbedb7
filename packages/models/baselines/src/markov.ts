import { HOUR_MS, NONE, throwIfCancelled, type Catalog, type Interactions, type QueryBatch } from "@sequitur/core";
import {
  type Artifact,
  withSignals,
  artifactConfig,
  artifactTensor,
  weighPairs,
  loadSparse,
  type Model,
  type Recommender,
  type SparseRows,
  sparseTensors,
  inputsWhere,
} from "@sequitur/recommender";
import { z } from "zod";
import { lastItem } from "./history.js";
import { halfLifeDaysField, rowWeights } from "./half-life.js";
import { itemShares } from "./item-weights.js";
import { scoreRows } from "./score-rows.js";
import { sourceSessions } from "./source-sessions.js";

export const markovConfig = z.strictObject({
  sessionGapHours: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe("hours; interactions further apart are no transition, and a staler query gets popularity; null: no limit")
    .meta({ formerly: ["maxGapHours"] }),
  withinSession: z
    .boolean()
    .default(false)
    .describe("count no transition from one session of the source to the next; an empty session gets popularity"),
  halfLifeDays: halfLifeDaysField,
  smoothing: z
    .number()
    .min(0)
    .max(1000)
    .default(1)
    .describe("transitions of overall popularity that are added to those of each item"),
});
export type MarkovConfig = z.infer<typeof markovConfig>;

/**
 * First-order transitions with back-off to popularity: P(j | i) = (n_ij + smoothing P(j)) / (n_i + smoothing), with i the
 * last item of the history; P(j) when there is none or it was never left. At smoothing 1 or below, every item that did
 * follow i stands before every one that did not.
 */
export const markov: Recommender<MarkovConfig> = withSignals(
  { positive: "weighs", negative: "ignores" },
  {
    name: "markov",
    config: markovConfig,
    search: {
      smoothing: { kind: "number", min: 0.01, max: 100, log: true },
      sessionGapHours: { kind: "number", min: 1, max: 1000, log: true },
    },
    reads: ({ sessionGapHours, halfLifeDays }) =>
      inputsWhere({
        "own-history": true,
        "validation-item": true,
        "answer-time": sessionGapHours !== null,
        times: sessionGapHours !== null || halfLifeDays !== null,
      }),
    async fit(train, config, run) {
      throwIfCancelled(run.signal);
      return markovModel(
        train.catalog,
        config,
        itemTransitions(train, config, "markov"),
        itemShares(train, config.halfLifeDays),
      );
    },
    load(artifact) {
      const config = artifactConfig(artifact, "markov", markovConfig);
      const size = artifact.catalog.items.size;
      const transitions = loadSparse(artifact, "transitions", size, size);
      return markovModel(
        artifact.catalog,
        config,
        transitions,
        artifactTensor(artifact, "shares", Float32Array, [size]),
      );
    },
  },
);

function markovModel(catalog: Catalog, config: MarkovConfig, transitions: SparseRows, shares: Float32Array): Model {
  const size = catalog.items.size;
  const score = (batch: QueryBatch, candidates?: Int32Array): Float32Array =>
    scoreRows(batch, size, candidates, (row, b) => {
      const from = isFresh(batch, b, config) ? lastItem(batch, b, size) : NONE;
      const left = from === NONE ? 0 : timesLeft(transitions, from);
      if (left === 0) {
        row.set(shares);
        return;
      }
      const { smoothing } = config;
      for (let item = 0; item < size; item++) row[item] = (smoothing * shares[item]!) / (left + smoothing);
      addTransitions(row, transitions, from, 1 / (left + smoothing));
    });
  const save = (): Artifact => ({
    model: "markov",
    config,
    catalog,
    tensors: new Map([...sparseTensors("transitions", transitions), ["shares", { shape: [size], data: shares }]]),
  });
  return { name: "markov", catalog, score, save };
}

/**
 * (N, N) how often one item directly followed another in a user's interactions, each time as much as the later one
 * counts; `model` names the asker in errors.
 */
export function itemTransitions(
  train: Interactions,
  config: Pick<MarkovConfig, "sessionGapHours" | "withinSession" | "halfLifeDays">,
  model: string,
): SparseRows {
  const { users, items, times, catalog } = train;
  const sessions = config.withinSession ? sourceSessions(train, model) : undefined;
  const limitMs = (config.sessionGapHours ?? Infinity) * HOUR_MS;
  const from = new Int32Array(train.size);
  const to = new Int32Array(train.size);
  const weights = rowWeights(train, config.halfLifeDays);
  const kept = new Float64Array(weights?.length ?? 0);
  let size = 0;
  for (let row = 1; row < train.size; row++) {
    if (users[row] !== users[row - 1] || times[row]! - times[row - 1]! > limitMs) continue;
    if (sessions !== undefined && sessions[row] !== sessions[row - 1]) continue;
    from[size] = items[row - 1]!;
    if (weights) kept[size] = weights[row]!;
    to[size++] = items[row]!;
  }
  const pairs = { rows: from.subarray(0, size), columns: to.subarray(0, size), weights: weights && kept };
  return weighPairs(pairs, catalog.items.size, catalog.items.size);
}

/** How many transitions leave an item. */
export function timesLeft(transitions: SparseRows, from: number): number {
  let left = 0;
  for (let p = transitions.offsets[from]!; p < transitions.offsets[from + 1]!; p++) left += transitions.values[p]!;
  return left;
}

/** row[j] += weight n_ij for each j that followed i = `from`. */
export function addTransitions(row: Float32Array, transitions: SparseRows, from: number, weight: number): void {
  for (let p = transitions.offsets[from]!; p < transitions.offsets[from + 1]!; p++) {
    row[transitions.columns[p]!]! += weight * transitions.values[p]!;
  }
}

/** Whether the last interaction of a query is one that the next can follow from, by the rules of the fit. */
export function isFresh(
  batch: QueryBatch,
  query: number,
  config: Pick<MarkovConfig, "sessionGapHours" | "withinSession">,
): boolean {
  const end = batch.offsets[query + 1]!;
  if (config.withinSession && batch.sessionStarts[query] === end) return false;
  if (config.sessionGapHours === null || end === batch.offsets[query]) return true;
  return batch.now[query]! - batch.times[end - 1]! <= config.sessionGapHours * HOUR_MS;
}
