import { throwIfCancelled, type Catalog, type Interactions, type QueryBatch } from "@sequitur/core";
import {
  type Artifact,
  withSignals,
  artifactConfig,
  artifactTensor,
  pairValues,
  type FitRun,
  loadSparse,
  type Model,
  type Recommender,
  type SparseRows,
  sparseTensors,
  transpose,
  inputsWhere,
} from "@sequitur/recommender";
import { setImmediate as nextTurn } from "node:timers/promises";
import { z } from "zod";
import { signedRoot } from "./ease-weights.js";
import { distinctReader, opinionReader } from "./history.js";
import { keptRows, type KeptRow } from "./kept-rows.js";
import { Largest } from "./largest.js";
import { ageWeights, halfLifeDaysField } from "./half-life.js";
import { itemShares } from "./item-weights.js";
import { scoreRows } from "./score-rows.js";

export const itemKnnConfig = z.strictObject({
  neighbours: z.int().min(1).max(10_000).default(100).describe("most similar items that are kept for each item"),
  shrink: z
    .number()
    .min(0)
    .max(100_000)
    .default(0)
    .describe("none, tf-idf: added to the cosine's denominator: damps similarities that few users vouch for"),
  weighting: z
    .enum(["none", "tf-idf", "bm25"])
    .default("none")
    .describe("none: cosine of plain values; tf-idf: cosine, active users count less; bm25: product of BM25 weights"),
  idf: z
    .enum(["smoothed", "implicit"])
    .default("smoothed")
    .describe(
      "tf-idf, bm25: what a user of n items counts; smoothed: ln(1 + items / n); implicit: ln(items / (1 + n)), as that library",
    ),
  values: z
    .enum(["binary", "counts"])
    .default("binary")
    .describe(
      "of a pair: binary: 1, or the root of its largest value; counts: how often the user had the item, or its values' sum",
    ),
  halfLifeDays: halfLifeDaysField,
  bm25K1: z.number().min(0).max(1000).default(1.2).describe("bm25: how soon repeated interactions saturate"),
  bm25B: z.number().min(0).max(1).default(0.75).describe("bm25: how much popular items are damped"),
});
export type ItemKnnConfig = z.infer<typeof itemKnnConfig>;

/**
 * score(j) = sum over the distinct items i of the history of w_ij, with w_ij = x_i . x_j / (|x_i| |x_j| + shrink) for the
 * `neighbours` items i most similar to j, else 0; x_i is the weighted vector of the users who had item i,
 * negatives below 0; an item that the user does not want counts against. Pruning is per
 * scored item j. BM25 damps long vectors itself (b), so there w_ij = x_i . x_j: under a cosine b would cancel.
 * A history without any trained item gets popularity. Fit: O(sum of squared user sizes).
 */
export const itemKnn: Recommender<ItemKnnConfig> = withSignals(
  { positive: "weighs", negative: "learns" },
  {
    name: "item-knn",
    config: itemKnnConfig,
    search: {
      neighbours: { kind: "integer", min: 10, max: 1000, log: true },
      shrink: { kind: "number", min: 0.1, max: 1000, log: true },
      weighting: { kind: "choice", values: ["none", "tf-idf", "bm25"] },
      bm25B: { kind: "number", min: 0, max: 1 },
    },
    reads: ({ halfLifeDays }) =>
      inputsWhere({ "own-history": true, "validation-item": true, times: halfLifeDays !== null }),
    async fit(train, config, run) {
      const byItem = weightedItems(train, config);
      const similarities = await itemSimilarities(byItem, train, config, run);
      return itemKnnModel(train.catalog, config, similarities, itemShares(train, config.halfLifeDays));
    },
    load(artifact) {
      const config = artifactConfig(artifact, "item-knn", itemKnnConfig);
      const size = artifact.catalog.items.size;
      const similarities = loadSparse(artifact, "similarities", size, size);
      return itemKnnModel(
        artifact.catalog,
        config,
        similarities,
        artifactTensor(artifact, "shares", Float32Array, [size]),
      );
    },
  },
);

function itemKnnModel(catalog: Catalog, config: ItemKnnConfig, similarities: SparseRows, shares: Float32Array): Model {
  const size = catalog.items.size;
  const { offsets, columns, values } = similarities;
  const score = (batch: QueryBatch, candidates?: Int32Array): Float32Array => {
    const distinct = distinctReader(batch, size);
    const opinions = opinionReader(batch);
    return scoreRows(batch, size, candidates, (row, b) => {
      const opinion = opinions?.(b);
      let known = false;
      for (const item of distinct(b)) {
        const says = opinion ? signedRoot(opinion(item)) : 1;
        known ||= says > 0 && shares[item]! > 0;
        for (let p = offsets[item]!; p < offsets[item + 1]!; p++) row[columns[p]!]! += says * values[p]!;
      }
      if (!known) row.set(shares);
    });
  };
  const save = (): Artifact => ({
    model: "item-knn",
    config,
    catalog,
    tensors: new Map([...sparseTensors("similarities", similarities), ["shares", { shape: [size], data: shares }]]),
  });
  return { name: "item-knn", catalog, score, save };
}

/** Vectors of items, and the lengths that cosines divide by. */
interface ItemVectors {
  /** (N, U). */
  readonly matrix: SparseRows;
  /** (N) of the vectors in which every event counts 1, so that a value never makes an item less like another. */
  readonly norms: Float64Array;
}

/** Each item's vector over users, weighted as the config says. */
function weightedItems(train: Interactions, config: ItemKnnConfig): ItemVectors {
  const rule = config.values === "binary" ? "largest" : "sum";
  const plain = pairValues({ ...train, context: {} }, "items", rule);
  const { role, value } = train.context;
  const weigh = weighting(plain, train.catalog.users.size, config);
  const norms = vectorNorms(weigh(plain));
  if (role === undefined && value === undefined && config.halfLifeDays === null) return { matrix: weigh(plain), norms };
  const pairs = pairValues(train, "items", rule, ageWeights(train, config.halfLifeDays));
  const rooted = rule === "sum" ? pairs : { ...pairs, values: pairs.values.map((amount) => signedRoot(amount)) };
  return { matrix: weigh(rooted), norms };
}

/** The config's weighting of pairs, with lengths and frequencies of the plain ones. */
function weighting(plain: SparseRows, userCount: number, config: ItemKnnConfig): (pairs: SparseRows) => SparseRows {
  if (config.weighting === "none") return (pairs) => pairs;
  const idf = inverseFrequencies(plain, userCount, config.idf);
  const lengths = rowSums(plain);
  const meanLength = lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, lengths.length);
  const frequencyOf = (size: number, norm: number): number =>
    config.weighting === "bm25" ? (size * (config.bm25K1 + 1)) / (size + norm) : Math.sqrt(size);
  return (pairs) => {
    const values = pairs.values.slice();
    for (let item = 0; item < lengths.length; item++) {
      const norm = config.bm25K1 * (1 - config.bm25B + (config.bm25B * lengths[item]!) / meanLength);
      for (let p = pairs.offsets[item]!; p < pairs.offsets[item + 1]!; p++) {
        const frequency = frequencyOf(Math.abs(values[p]!), norm);
        values[p] = Math.sign(values[p]!) * frequency * idf[pairs.columns[p]!]!;
      }
    }
    return { ...pairs, values };
  };
}

/**
 * (columns) ln(1 + rows / n_c), or ln(rows / (1 + n_c)) as implicit has it, with n_c the non-zero rows of column c: users are
 * the terms, items the documents.
 */
function inverseFrequencies(matrix: SparseRows, columnCount: number, idf: ItemKnnConfig["idf"]): Float64Array {
  const frequencies = new Float64Array(columnCount);
  for (const column of matrix.columns) frequencies[column]! += 1;
  const rows = matrix.offsets.length - 1;
  if (idf === "implicit") return frequencies.map((frequency) => Math.log(rows / (1 + frequency)));
  return frequencies.map((frequency) => Math.log(1 + rows / Math.max(1, frequency)));
}

function rowSums(matrix: SparseRows): Float64Array {
  const sums = new Float64Array(matrix.offsets.length - 1);
  for (let row = 0; row < sums.length; row++) {
    for (let p = matrix.offsets[row]!; p < matrix.offsets[row + 1]!; p++) sums[row]! += matrix.values[p]!;
  }
  return sums;
}

/** (N, N) w_ij by row i, so that scoring walks the rows of the history. */
async function itemSimilarities(
  { matrix: byItem, norms }: ItemVectors,
  train: Interactions,
  config: ItemKnnConfig,
  run: FitRun,
): Promise<SparseRows> {
  const size = train.catalog.items.size;
  const byUser = transpose(byItem, train.catalog.users.size);
  const similarity = (item: number, other: number): number =>
    config.weighting === "bm25" ? dots[other]! : dots[other]! / (norms[item]! * norms[other]! + config.shrink);
  const dots = new Float64Array(size);
  const touched = new Int32Array(size);
  const met = new Int32Array(size).fill(-1);
  const best = new Largest(config.neighbours);
  const kept: KeptRow[] = [];
  for (let item = 0; item < size; item++) {
    if (item % 64 === 0) {
      await nextTurn(); // so that a cancellation can arrive
      throwIfCancelled(run.signal);
      run.report?.({ task: "fit item-knn", done: item, total: size, unit: "items" });
    }
    for (const other of dotProducts(dots, touched, met, byItem, byUser, item)) {
      if (other !== item && dots[other] !== 0) best.offer(other, similarity(item, other));
      dots[other] = 0;
    }
    kept.push(best.drain());
  }
  run.report?.({ task: "fit item-knn", done: size, total: size, unit: "items" });
  return transpose(keptRows(kept), size);
}

/** dots[j] = x_item . x_j for every j that shares a user with the item; returns these j, a view of `touched`; `met` marks them. */
function dotProducts(
  dots: Float64Array,
  touched: Int32Array,
  met: Int32Array,
  byItem: SparseRows,
  byUser: SparseRows,
  item: number,
): Int32Array {
  let count = 0;
  for (let p = byItem.offsets[item]!; p < byItem.offsets[item + 1]!; p++) {
    const user = byItem.columns[p]!;
    const value = byItem.values[p]!;
    for (let q = byUser.offsets[user]!, end = byUser.offsets[user + 1]!; q < end; q++) {
      const other = byUser.columns[q]!;
      if (met[other] !== item) touched[count++] = other;
      met[other] = item;
      dots[other]! += value * byUser.values[q]!;
    }
  }
  return touched.subarray(0, count);
}

function vectorNorms(matrix: SparseRows): Float64Array {
  const norms = new Float64Array(matrix.offsets.length - 1);
  for (let row = 0; row < norms.length; row++) {
    for (let p = matrix.offsets[row]!; p < matrix.offsets[row + 1]!; p++) norms[row]! += matrix.values[p]! ** 2;
    norms[row] = Math.sqrt(norms[row]!);
  }
  return norms;
}
