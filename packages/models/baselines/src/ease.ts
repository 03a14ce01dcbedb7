import { PlatformError, throwIfCancelled, type Catalog, type QueryBatch } from "@sequitur/core";
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
import { easeWeights, signedRoot } from "./ease-weights.js";
import { distinctReader, opinionReader } from "./history.js";
import { halfLifeDaysField } from "./half-life.js";
import { itemShares } from "./item-weights.js";

export const easeConfig = z.strictObject({
  lambda: z
    .number()
    .min(1e-3)
    .max(1e7)
    .default(250)
    .describe("L2 penalty on the item-to-item weights, in interactions"),
  halfLifeDays: halfLifeDaysField,
  maxItems: z
    .int()
    .min(1)
    .max(28_000)
    .default(16_000)
    .describe("items; a larger catalogue is refused: the fit needs up to 12 bytes an item squared, 3 GB at 16,000"),
});
export type EaseConfig = z.infer<typeof easeConfig>;

/**
 * score(j) = sum over the distinct items i of the history of B_ij, where B = I - P diag(1 / diag P) and
 * P = (X^T X + lambda I)^-1 over the binary user-item matrix X (EASE^R, Steck 2019, eq. 8). With signals x is the square
 * root of a pair's value, below 0 for a negative, so that a pair of value v counts v interactions in X^T X. A history without any
 * trained item gets popularity. `bad-config` when the catalogue exceeds maxItems.
 */
export const ease: Recommender<EaseConfig> = withSignals(
  { positive: "weighs", negative: "learns" },
  {
    name: "ease",
    config: easeConfig,
    search: { lambda: { kind: "number", min: 1, max: 10_000, log: true } },
    reads: ({ halfLifeDays }) =>
      inputsWhere({ "own-history": true, "validation-item": true, times: halfLifeDays !== null }),
    async fit(train, config, run) {
      const size = train.catalog.items.size;
      throwIfCancelled(run.signal);
      if (size > config.maxItems) {
        throw new PlatformError(
          "bad-config",
          `ease: the catalogue must have at most maxItems = ${config.maxItems} items, got ${size}; ` +
            `its dense matrices would take ${((12 * size * size) / 1e9).toFixed(3)} GB.`,
        );
      }
      const weights = await easeWeights(train, config, run);
      return easeModel(train.catalog, config, weights, itemShares(train, config.halfLifeDays));
    },
    load(artifact) {
      const config = artifactConfig(artifact, "ease", easeConfig);
      const size = artifact.catalog.items.size;
      const weights = artifactTensor(artifact, "weights", Float32Array, [size, size]);
      return easeModel(artifact.catalog, config, weights, artifactTensor(artifact, "shares", Float32Array, [size]));
    },
  },
);

function easeModel(catalog: Catalog, config: EaseConfig, weights: Float32Array, shares: Float32Array): Model {
  const size = catalog.items.size;
  const score = (batch: QueryBatch, candidates?: Int32Array): Float32Array => {
    const distinct = distinctReader(batch, size);
    const opinions = opinionReader(batch);
    const width = candidates?.length ?? size;
    const out = new Float32Array(batch.size * width);
    for (let b = 0; b < batch.size; b++) {
      const row = out.subarray(b * width, (b + 1) * width);
      const items = distinct(b).filter((item) => shares[item]! > 0);
      const opinion = opinions?.(b);
      const says = opinion && Float64Array.from(items, (item) => signedRoot(opinion(item)));
      const known = says?.some((amount) => amount > 0) ?? items.length > 0;
      if (known && says) addOpinions(row, weights, size, items, says, candidates);
      else if (known) addWeightRows(row, weights, size, items, candidates);
      else for (let c = 0; c < width; c++) row[c] = shares[candidates ? candidates[c]! : c]!;
    }
    return out;
  };
  const save = (): Artifact => ({
    model: "ease",
    config,
    catalog,
    tensors: new Map([
      ["weights", { shape: [size, size], data: weights }],
      ["shares", { shape: [size], data: shares }],
    ]),
  });
  return { name: "ease", catalog, score, save };
}

/** row[c] += sum of says weights[item, column c] over the items. */
function addOpinions(
  row: Float32Array,
  weights: Float32Array,
  size: number,
  items: Int32Array,
  says: Float64Array,
  candidates: Int32Array | undefined,
): void {
  for (let at = 0; at < items.length; at++) {
    const from = items[at]! * size;
    for (let j = 0; j < row.length; j++) row[j]! += says[at]! * weights[from + (candidates ? candidates[j]! : j)]!;
  }
}

/**
 * row[c] += sum of weights[item, column c] over the items, four rows at a time to pass over the row of scores less
 * often. Candidates go through the same sums in the same order, so that their scores are the same bits.
 */
function addWeightRows(
  row: Float32Array,
  weights: Float32Array,
  size: number,
  items: Int32Array,
  candidates: Int32Array | undefined,
): void {
  let at = 0;
  for (; at + 4 <= items.length; at += 4) {
    const [a, b, c, d] = [items[at]! * size, items[at + 1]! * size, items[at + 2]! * size, items[at + 3]! * size];
    if (candidates === undefined) {
      for (let j = 0; j < row.length; j++)
        row[j]! += weights[a + j]! + weights[b + j]! + weights[c + j]! + weights[d + j]!;
      continue;
    }
    for (let j = 0; j < row.length; j++) {
      const item = candidates[j]!;
      row[j]! += weights[a + item]! + weights[b + item]! + weights[c + item]! + weights[d + item]!;
    }
  }
  for (; at < items.length; at++) {
    const a = items[at]! * size;
    for (let j = 0; j < row.length; j++) row[j]! += weights[a + (candidates ? candidates[j]! : j)]!;
  }
}
