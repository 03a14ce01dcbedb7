import { itemCounts, maxOf, PlatformError, throwIfCancelled, type Catalog, type QueryBatch } from "@sequitur/core";
import {
  addLikeness,
  type Artifact,
  withSignals,
  artifactConfig,
  artifactTensor,
  type FitRun,
  itemWords,
  loadSparse,
  type Model,
  type Recommender,
  type SparseRows,
  sparseTensors,
  transpose,
  wordProfile,
  inputsWhere,
} from "@sequitur/recommender";
import { z } from "zod";
import { coOccurrenceCounts } from "./co-occurrence-counts.js";
import { distinctReader } from "./history.js";
import { halfLifeDaysField } from "./half-life.js";
import { popularityPrior } from "./popularity-prior.js";
import { scoreRows } from "./score-rows.js";

export const coOccurrenceConfig = z.strictObject({
  window: z.int().min(1).max(1000).default(8).describe("interactions after an item that are paired with it"),
  distancePower: z
    .number()
    .min(0)
    .max(4)
    .default(0.5)
    .describe("a pair d interactions apart counts d^-distancePower; 0: all count the same"),
  backward: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe("a pair counts this much for the opposite direction; 0: only what followed, 1: both alike"),
  gapHalfLifeHours: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe("hours between two interactions after which their pair counts half; null: the gap does not matter"),
  halfLifeDays: halfLifeDaysField,
  popularityPower: z
    .number()
    .min(0)
    .max(1)
    .default(0.35)
    .describe("an item with n interactions is divided by n^popularityPower; 0: no discount"),
  neighbours: z.int().min(1).max(100_000).default(1000).describe("items kept for each item, those of largest weight"),
  maxItems: z.int().min(1).max(1000).default(20).describe("newest distinct items of the history that are read"),
  fade: z
    .number()
    .min(0.01)
    .max(1)
    .default(0.7)
    .describe("an item of the history counts this much of the next newer one; 1: all count the same"),
  contentWeight: z
    .number()
    .min(0)
    .max(100)
    .default(0)
    .describe("of likeness of texts, in [0, 1], beside co-occurrence, whose best item has 1; 0: texts are not read"),
  popularityWeight: z
    .number()
    .min(0)
    .max(10)
    .default(0.001)
    .describe("of popularity, in [0, 1], beside them: orders what neither knows"),
});
export type CoOccurrenceConfig = z.infer<typeof coOccurrenceConfig>;

/** What a fit leaves: (N, N) pair weights after the discount, (N) interactions, TF-IDF words where texts are read. */
interface Fitted {
  readonly pairs: SparseRows;
  readonly counts: Int32Array;
  /** (N, W) and its transpose. */
  readonly words?: { readonly items: SparseRows; readonly words: SparseRows };
}

/** The reading of texts is that of content-knn at its defaults. */
const WORDS = { termFrequency: "log", maxShare: 1, maxItems: 10, fade: 0.6 } as const;

/**
 * What goes with what: score(j) = c_j / max c + contentWeight cos(p, x_j) + popularityWeight ln(1 + n_j) / ln(1 + max n),
 * with c_j = sum over the newest `maxItems` distinct items i of the history of fade^(those after i) w_ij / n_j^popularityPower;
 * w as in `coOccurrenceCounts`, cos(p, x_j) as in content-knn, n_j the interactions of j. The scale of c is each
 * question's own, so that one weight serves questions about frequent and about rare items. A history that nothing follows
 * and that has no text gets popularity.
 */
export const coOccurrence: Recommender<CoOccurrenceConfig> = withSignals(
  { positive: "weighs", negative: "ignores" },
  {
    name: "co-occurrence",
    config: coOccurrenceConfig,
    search: {
      window: { kind: "integer", min: 1, max: 50, log: true },
      distancePower: { kind: "number", min: 0, max: 2 },
      backward: { kind: "number", min: 0, max: 1 },
      halfLifeDays: { kind: "number", min: 1, max: 3000, log: true },
      popularityPower: { kind: "number", min: 0, max: 1 },
      fade: { kind: "number", min: 0.3, max: 1 },
    },
    reads: ({ contentWeight, gapHalfLifeHours, halfLifeDays }) =>
      inputsWhere({
        "own-history": true,
        "validation-item": true,
        texts: contentWeight > 0,
        times: gapHalfLifeHours !== null || halfLifeDays !== null,
      }),
    async fit(train, config, run) {
      throwIfCancelled(run.signal);
      const { catalog } = train;
      const counts = itemCounts(train);
      const pairs = discounted(await coOccurrenceCounts(train, config, run), counts, config.popularityPower);
      const words = config.contentWeight > 0 ? await readWords(catalog, run) : undefined;
      return coOccurrenceModel(catalog, config, { pairs, counts, ...(words && { words }) });
    },
    load(artifact) {
      const config = artifactConfig(artifact, "co-occurrence", coOccurrenceConfig);
      const size = artifact.catalog.items.size;
      const pairs = loadSparse(artifact, "pairs", size, size);
      const counts = artifactTensor(artifact, "counts", Int32Array, [size]);
      if (config.contentWeight === 0) return coOccurrenceModel(artifact.catalog, config, { pairs, counts });
      const words = loadSparse(artifact, "words", -1, size);
      return coOccurrenceModel(artifact.catalog, config, {
        pairs,
        counts,
        words: { items: transpose(words, size), words },
      });
    },
  },
);

async function readWords(catalog: Catalog, run: FitRun): Promise<NonNullable<Fitted["words"]>> {
  const items = await itemWords(catalog, WORDS, run);
  if (items.columns.length === 0) {
    throw new PlatformError(
      "bad-data",
      "co-occurrence with contentWeight above 0 reads titles, categories and texts of items: expected words in them that " +
        `tell items apart, got none in ${catalog.items.size} items; set contentWeight to 0, or import the items' texts.`,
    );
  }
  return { items, words: transpose(items) };
}

/** Each w_ij over n_j^power. */
function discounted(pairs: SparseRows, counts: Int32Array, power: number): SparseRows {
  if (power === 0) return pairs;
  return { ...pairs, values: pairs.values.map((value, p) => value / counts[pairs.columns[p]!]! ** power) };
}

function coOccurrenceModel(catalog: Catalog, config: CoOccurrenceConfig, { pairs, counts, words }: Fitted): Model {
  const size = catalog.items.size;
  const prior = popularityPrior(counts, config.popularityWeight);
  const fallback = Float32Array.from(counts, (count) => Math.log1p(count));
  const score = (batch: QueryBatch, candidates?: Int32Array): Float32Array => {
    const distinct = distinctReader(batch, size);
    return scoreRows(batch, size, candidates, (row, b) => {
      const newest = distinct(b);
      const followed = addFollowers(row, newest.subarray(0, config.maxItems), pairs, config.fade);
      const profile = words && wordProfile(newest, words.items, WORDS);
      if (!followed && !profile?.size) {
        row.set(fallback);
        return;
      }
      if (profile && words) {
        for (const [word, weight] of profile) profile.set(word, config.contentWeight * weight);
        addLikeness(row, profile, words.words);
      }
      for (let item = 0; item < size; item++) row[item]! += prior[item]!;
    });
  };
  const save = (): Artifact => ({
    model: "co-occurrence",
    config,
    catalog,
    tensors: new Map([
      ...sparseTensors("pairs", pairs),
      ["counts", { shape: [size], data: counts }],
      ...(words ? sparseTensors("words", words.words) : []),
    ]),
  });
  return { name: "co-occurrence", catalog, score, save };
}

/** Fills a zeroed row with c / max c; false, and the row as it was, where nothing goes with the items. */
function addFollowers(row: Float32Array, newest: Int32Array, { offsets, columns, values }: SparseRows, fade: number) {
  let weight = 1;
  for (const item of newest) {
    for (let p = offsets[item]!; p < offsets[item + 1]!; p++) row[columns[p]!]! += weight * values[p]!;
    weight *= fade;
  }
  const most = Math.max(0, maxOf(row));
  if (most > 0) for (let item = 0; item < row.length; item++) row[item]! /= most;
  return most > 0;
}
