import { itemCounts, PlatformError, throwIfCancelled, type Catalog, type QueryBatch } from "@sequitur/core";
import {
  addLikeness,
  type Artifact,
  withSignals,
  artifactConfig,
  artifactTensor,
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
import { distinctReader, opinionReader } from "./history.js";
import { popularityPrior } from "./popularity-prior.js";
import { scoreRows } from "./score-rows.js";

export const contentKnnConfig = z.strictObject({
  maxItems: z
    .int()
    .min(1)
    .max(1000)
    .default(10)
    .describe("newest distinct items with text of the history that are read"),
  fade: z
    .number()
    .min(0.01)
    .max(1)
    .default(0.6)
    .describe("an item of the history counts this much of the next newer one that has text; 1: all count the same"),
  termFrequency: z
    .enum(["count", "log"])
    .default("log")
    .describe("of a word that stands n times in an item's text: count: n; log: 1 + ln n"),
  maxShare: z
    .number()
    .positive()
    .max(1)
    .default(1)
    .describe("share of the items with text above which a word counts nothing; lower makes requests cheaper"),
  popularityWeight: z
    .number()
    .min(0)
    .max(10)
    .default(0.05)
    .describe("of popularity, in [0, 1], against likeness, in [0, 1]; 0: likeness alone, and its ties stay ties"),
});
export type ContentKnnConfig = z.infer<typeof contentKnnConfig>;

/** Unit TF-IDF rows of the items, (N, W), and the same turned, (W, N): the items of a word. */
interface WordIndex {
  readonly items: SparseRows;
  readonly words: SparseRows;
}

/**
 * Likeness of texts (ItemKNN-CBF, Dacrema et al. 2019, with a profile of the newest items). score(j) = cos(p, x_j) +
 * popularityWeight ln(1 + n_j) / ln(1 + max n), with p = sum over the newest `maxItems` distinct items i with text of
 * fade^(those after i) x_i; x_i is the TF-IDF row of i, times the value of i
 * (below 0 where it is not wanted); n_j are the positives of j. Items that training never met are
 * scored as any other; one without text has likeness 0, and stays in the ranking. A history without text gets popularity,
 * a catalogue without any is `bad-data`. A request costs the items of the profile's words, and O(N) additions.
 */
export const contentKnn: Recommender<ContentKnnConfig> = withSignals(
  { positive: "weighs", negative: "learns" },
  {
    name: "content-knn",
    config: contentKnnConfig,
    search: {
      maxItems: { kind: "integer", min: 1, max: 50, log: true },
      fade: { kind: "number", min: 0.3, max: 1 },
      termFrequency: { kind: "choice", values: ["count", "log"] },
      maxShare: { kind: "number", min: 0.02, max: 1, log: true },
      popularityWeight: { kind: "number", min: 0.001, max: 3, log: true },
    },
    reads: () => inputsWhere({ "own-history": true, "validation-item": true, texts: true }),
    async fit(train, config, run) {
      throwIfCancelled(run.signal);
      const { catalog } = train;
      const items = await itemWords(catalog, config, run);
      if (items.columns.length === 0) {
        throw new PlatformError(
          "bad-data",
          "content-knn reads titles, categories and texts of items: expected words in them that tell items apart, got none " +
            `in ${catalog.items.size} items.`,
        );
      }
      const words = transpose(items);
      return contentKnnModel(catalog, config, { items, words }, itemCounts(train));
    },
    load(artifact) {
      const config = artifactConfig(artifact, "content-knn", contentKnnConfig);
      const size = artifact.catalog.items.size;
      const words = loadSparse(artifact, "words", -1, size);
      const counts = artifactTensor(artifact, "counts", Int32Array, [size]);
      expectEach("words.values", words.values, "in (0, 1]", (value) => value > 0 && value <= 1);
      expectEach("counts", counts, "at least 0", (count) => count >= 0);
      return contentKnnModel(artifact.catalog, config, { items: transpose(words, size), words }, counts);
    },
  },
);

function expectEach(
  name: string,
  data: Float32Array | Int32Array,
  range: string,
  isIn: (value: number) => boolean,
): void {
  for (const [at, value] of data.entries()) {
    if (isIn(value)) continue;
    throw new PlatformError(
      "bad-artifact",
      `artifact of content-knn: ${name} must be ${range}, got ${value} at ${at}.`,
    );
  }
}

function contentKnnModel(catalog: Catalog, config: ContentKnnConfig, index: WordIndex, counts: Int32Array): Model {
  const size = catalog.items.size;
  const total = counts.reduce((sum, count) => sum + count, 0);
  const shares = Float32Array.from(counts, (count) => (total === 0 ? 0 : count / total));
  const prior = popularityPrior(counts, config.popularityWeight);
  const score = (batch: QueryBatch, candidates?: Int32Array): Float32Array => {
    const distinct = distinctReader(batch, size);
    const opinions = opinionReader(batch);
    return scoreRows(batch, size, candidates, (row, b) => {
      const profile = wordProfile(distinct(b), index.items, { ...config, weightOf: opinions?.(b) });
      row.set(profile.size === 0 ? shares : prior);
      addLikeness(row, profile, index.words);
    });
  };
  const save = (): Artifact => ({
    model: "content-knn",
    config,
    catalog,
    tensors: new Map([...sparseTensors("words", index.words), ["counts", { shape: [size], data: counts }]]),
  });
  return { name: "content-knn", catalog, score, save };
}
