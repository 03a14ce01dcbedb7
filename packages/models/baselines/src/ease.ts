import { PlatformError, throwIfCancelled, type Catalog, type Interactions, type QueryBatch } from "@sequitur/core";
import { artifactConfig, artifactTensor, type Artifact, type Model, type Recommender } from "@sequitur/recommender";
import { z } from "zod";
import { distinctReader } from "./history.js";
import { itemShares } from "./popularity.js";
import { countPairs, transpose } from "./sparse-rows.js";
import { invertSpd } from "./spd-inverse.js";

export const easeConfig = z.strictObject({
  lambda: z
    .number()
    .min(1e-3)
    .max(1e7)
    .default(250)
    .describe("L2 penalty on the item-to-item weights, in interactions"),
  maxItems: z
    .int()
    .min(1)
    .max(32_000)
    .default(16_000)
    .describe("items; a larger catalogue is refused: the fit needs 12 bytes an item squared, 3 GB at 16,000"),
});
export type EaseConfig = z.infer<typeof easeConfig>;

/**
 * score(j) = sum over the distinct items i of the history of B_ij, where B = I - P diag(1 / diag P) and
 * P = (X^T X + lambda I)^-1 over the binary user-item matrix X (EASE^R, Steck 2019, eq. 8). A history without any
 * trained item gets popularity. `bad-config` when the catalogue exceeds maxItems.
 */
export const ease: Recommender<EaseConfig> = {
  name: "ease",
  config: easeConfig,
  search: { lambda: { kind: "number", min: 1, max: 10_000, log: true } },
  async fit(train, config, run) {
    const size = train.catalog.items.size;
    throwIfCancelled(run.signal);
    if (size > config.maxItems) {
      throw new PlatformError(
        "bad-config",
        `ease: the catalogue must have at most maxItems = ${config.maxItems} items, got ${size}; ` +
          `its dense weights would take ${gigabytes(12 * size * size)} GB.`,
      );
    }
    const matrix = gramMatrix(train, config.lambda);
    const { report, signal } = run;
    await invertSpd(matrix, size, {
      ...(signal && { signal }),
      ...(report && { report: (progress) => report({ ...progress, task: "fit ease" }) }),
    });
    return easeModel(train.catalog, config, weightsFrom(matrix, size), itemShares(train));
  },
  load(artifact) {
    const config = artifactConfig(artifact, "ease", easeConfig);
    const size = artifact.catalog.items.size;
    const weights = artifactTensor(artifact, "weights", Float32Array, [size, size]);
    return easeModel(artifact.catalog, config, weights, artifactTensor(artifact, "shares", Float32Array, [size]));
  },
};

function easeModel(catalog: Catalog, config: EaseConfig, weights: Float32Array, shares: Float32Array): Model {
  const size = catalog.items.size;
  const score = (batch: QueryBatch, candidates?: Int32Array): Float32Array => {
    const distinct = distinctReader(batch, size);
    const width = candidates?.length ?? size;
    const out = new Float32Array(batch.size * width);
    for (let b = 0; b < batch.size; b++) {
      const row = out.subarray(b * width, (b + 1) * width);
      const items = distinct(b).filter((item) => shares[item]! > 0);
      if (items.length > 0) addWeightRows(row, weights, size, items, candidates);
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

/**
 * row[c] += sum of weights[item, column c] over the items, four rows at a time: 1.9x over one at a time. Candidates go
 * through the same sums in the same order, so that their scores are the same bits.
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

/** (N, N) float64, lower triangle of X^T X + lambda I; users who share both items are counted. */
function gramMatrix(train: Interactions, lambda: number): Float64Array {
  const { users, items } = train.catalog;
  const byUser = countPairs(train.users, train.items, users.size, items.size);
  const byItem = transpose(byUser, items.size);
  const gram = allocate(items.size);
  for (let item = 0; item < items.size; item++) {
    const row = gram.subarray(item * items.size, (item + 1) * items.size);
    for (let p = byItem.offsets[item]!; p < byItem.offsets[item + 1]!; p++) {
      const user = byItem.columns[p]!;
      const { columns, offsets } = byUser;
      for (let q = offsets[user]!; columns[q]! < item && q < offsets[user + 1]!; q++) row[columns[q]!]! += 1;
    }
    row[item] = byItem.offsets[item + 1]! - byItem.offsets[item]! + lambda;
  }
  return gram;
}

function allocate(size: number): Float64Array {
  try {
    return new Float64Array(size * size);
  } catch (cause) {
    const need = gigabytes(8 * size * size);
    throw new PlatformError("out-of-memory", `ease: ${need} GB for ${size} items cannot be had.`, { cause });
  }
}

/** B_ij = -P_ij / P_jj, and 0 on the diagonal. */
function weightsFrom(inverse: Float64Array, size: number): Float32Array {
  const weights = new Float32Array(size * size);
  const scales = new Float64Array(size);
  for (let j = 0; j < size; j++) scales[j] = -1 / inverse[j * size + j]!;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) weights[i * size + j] = inverse[i * size + j]! * scales[j]!;
    weights[i * size + i] = 0;
  }
  return weights;
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(1);
}
