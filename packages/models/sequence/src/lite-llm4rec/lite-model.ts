import { PlatformError, stringsOf, type Catalog, type QueryBatch, type Tensor } from "@sequitur/core";
import type { Engine } from "@sequitur/kernels";
import { Weights } from "@sequitur/nn";
import { transpose, type Artifact, type Model, type SparseRows } from "@sequitur/recommender";
import { sasrecEncoder } from "../sasrec/encoder.js";
import type { Encoder } from "../serving/encoder.js";
import type { SequenceModelParts } from "../serving/model-parts.js";
import { sequenceModel, type SequenceModel } from "../serving/sequence-model.js";
import { wordPieces } from "../text/word-pieces.js";
import { beamSearch, digitTrie } from "./beam-search.js";
import type { LiteLlm4recConfig } from "./config.js";
import { encodeTexts } from "./encode-texts.js";
import { scoreStates } from "../serving/score-states.js";
import { projectTexts } from "./item-vectors.js";
import { addMatches, rememberingEncoder, weightedWords, type TextMatch } from "./text-match.js";

/** What a model has done since it was made; the cost model of the paper in numbers. */
export interface Work {
  /** Passes of the Recommendation LM, one for all queries of a length in a call, or one event of a session. */
  passes: number;
  /** Positions that the Recommendation LM read. */
  positions: number;
  /** Tokens that the Item LM read. */
  tokens: number;
}

/** A fitted Lite-LLM4Rec. */
export interface LiteLlm4recModel extends SequenceModel {
  readonly work: Readonly<Work>;
  /**
   * (n, D) the vectors of texts, as an item without a vector of its own would have them; zeros for a text without a
   * word. `unavailable` where a sentence encoder, which models do not hold, read the texts.
   */
  encode(texts: readonly string[]): Float32Array;
  /** The same model reading the texts (N) of a request's items anew at each request: what the cached vectors save. */
  uncached(texts: readonly string[]): Model;
}

/** Names of tensors that an artifact holds and the engine does not score with. */
const STORED_ONLY = new Set([
  "items.text",
  "items.id",
  "items.trust",
  "words.offsets",
  "words.columns",
  "words.values",
  "known",
  "shares",
  "text.pieces",
  "text.centre",
  "text.spread",
]);

/** The model of an artifact's tensors. */
export function liteModel(
  catalog: Catalog,
  config: LiteLlm4recConfig,
  tensors: ReadonlyMap<string, Tensor>,
  engine: Engine,
): LiteLlm4recModel {
  const work: Work = { passes: 0, positions: 0, tokens: 0 };
  const scoring = new Map([...tensors].filter(([name]) => !STORED_ONLY.has(name)));
  scoring.set("items.table", itemTable(tensors));
  const weights = new Weights(engine, scoring);
  const network = partsOf(catalog, config, tensors, weights, work);
  const match = matchOf(config, tensors);
  const parts = matching(network, match);
  const read = textReader(config, tensors, weights, work);
  const encode = (texts: readonly string[]): Float32Array => projectTexts(engine, read(texts), tensors);
  const save = (): Artifact => ({ model: "lite-llm4rec", config, catalog, tensors });
  const model = { ...sequenceModel(parts), save };
  return {
    ...model,
    work,
    encode,
    uncached: (texts) => uncachedModel(model, { network, match, tensors, texts, read, work }),
  };
}

/** e: the vector of an item's text, and its own where it has one. */
function itemTable(tensors: ReadonlyMap<string, Tensor>): Tensor {
  const { shape, data } = tensors.get("items.text")!;
  const own = tensors.get("items.id")?.data;
  const table = Float32Array.from(data);
  // A loop: a mapping function takes three times as long over a large table.
  if (own !== undefined) for (let at = 0; at < table.length; at++) table[at]! += own[at]!;
  return { shape, data: table };
}

function partsOf(
  catalog: Catalog,
  config: LiteLlm4recConfig,
  tensors: ReadonlyMap<string, Tensor>,
  weights: Weights,
  work: Work,
): SequenceModelParts {
  const { maxLength, head } = config;
  const known = tensors.get("known")!.data;
  const base = {
    name: "lite-llm4rec",
    config,
    catalog,
    weights,
    shares: tensors.get("shares")!.data as Float32Array,
    known,
    maxLength,
    encoder: counted(sasrecEncoder(weights, config), work),
    output: {
      table: weights.get(head === "free" ? "output.table" : "items.table"),
      bias: weights.find("output.bias"),
    },
  };
  if (head !== "generative") return base;
  const size = catalog.items.size;
  const trie = digitTrie(size, (item) => known[item]! > 0);
  return {
    ...base,
    scoreStates: (states, rows, candidates) => {
      const scores = new Float32Array(rows * size).fill(Number.NaN);
      beamSearch(weights, config, trie, states, rows).forEach(({ items, scores: found }, row) =>
        items.forEach((item, at) => (scores[row * size + item] = found[at]!)),
      );
      if (candidates === undefined) return scores;
      const columns = Array.from({ length: rows }, (_, row) =>
        Array.from(candidates, (item) => scores[row * size + item]!),
      );
      return Float32Array.from(columns.flat());
    },
  };
}

/** How alike texts are and how much that counts; undefined where it counts nothing. */
function matchOf(config: LiteLlm4recConfig, tensors: ReadonlyMap<string, Tensor>): TextMatch | undefined {
  const { textMatch = 0, textFade: fade, textItems: most } = config;
  if (textMatch === 0) return undefined;
  const [offsets, columns, values] = ["offsets", "columns", "values"].map((part) => tensors.get(`words.${part}`)!.data);
  const words = { offsets, columns, values } as SparseRows;
  const trust = tensors.get("items.trust")!.data as Float32Array;
  const weights = trust.map((value) => textMatch * value);
  return { items: transpose(words, trust.length), words: weightedWords(words, weights), fade, most };
}

/** The parts with the match of texts, if there is one, added to what the network scores. */
function matching(parts: SequenceModelParts, match: TextMatch | undefined): SequenceModelParts {
  if (match === undefined) return parts;
  const { encoder, weights } = parts;
  const { memory } = weights.engine;
  const remembering = rememberingEncoder(encoder, match, memory);
  return {
    ...parts,
    encoder: remembering,
    scoreStates: (states, rows, candidates) =>
      memory.withScratch((scratch) => {
        const own = scratch.floats(rows * encoder.width);
        for (let row = 0; row < rows; row++) {
          const at = row * remembering.width;
          own.array.set(states.array.subarray(at, at + encoder.width), row * encoder.width);
        }
        const scores = scoreStates(parts, own, rows, candidates);
        addMatches(scores, states.part(0, rows * remembering.width), match, candidates);
        return scores;
      }),
  };
}

function counted(encoder: Encoder, work: Work): Encoder {
  const count = (positions: number): void => {
    work.passes += 1;
    work.positions += positions;
  };
  return {
    width: encoder.width,
    encode(out, items, rows, length, intervals) {
      count(rows * length);
      encoder.encode(out, items, rows, length, intervals);
    },
    start() {
      const state = encoder.start();
      return {
        step(item, interval) {
          count(1);
          return state.step(item, interval);
        },
        release: () => state.release(),
      };
    },
  };
}

/** Raw vectors (n, F) of texts. */
type TextReader = (texts: readonly string[]) => Float32Array;

function textReader(
  config: LiteLlm4recConfig,
  tensors: ReadonlyMap<string, Tensor>,
  weights: Weights,
  work: Work,
): TextReader {
  const stored = tensors.get("text.pieces");
  if (stored === undefined) {
    return () => {
      throw new PlatformError("unavailable", "the texts were read by an encoder that this model does not hold.");
    };
  }
  const cutter = wordPieces(stringsOf(stored, "tensor text.pieces"));
  return (texts) => {
    const tokens = texts.map((text) => cutter.cut(text, config.maxTokens).pieces);
    for (const { length } of tokens) work.tokens += length;
    return encodeTexts(weights, config, tokens);
  };
}

/** What scores with texts that are read anew. */
interface ReadingParts {
  readonly network: SequenceModelParts;
  readonly match: TextMatch | undefined;
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly texts: readonly string[];
  readonly read: TextReader;
  readonly work: Work;
}

/** Scores as `model` does, with the vectors of the items of each request made anew from their texts. */
function uncachedModel(model: Model, { network, match, tensors, texts, read, work }: ReadingParts): Model {
  const config = network.config as LiteLlm4recConfig;
  const { width } = config;
  const own = tensors.get("items.id")?.data;
  // Tables of its own, of which only the rows of a request's items are valid.
  const weights = new Weights(network.weights.engine, network.weights.tensors);
  const table = weights.get("items.table").array.fill(Number.NaN);
  const encoder = counted(sasrecEncoder(weights, config), work);
  const inner = sequenceModel(matching({ ...network, encoder }, match));
  return {
    ...model,
    score(batch: QueryBatch, candidates) {
      const items = [...new Set(batch.items)].filter((item) => network.known![item]! > 0);
      const raw = read(items.map((item) => texts[item]!));
      const vectors = projectTexts(weights.engine, raw, tensors);
      items.forEach((item, row) => {
        for (let i = 0; i < width; i++) {
          table[item * width + i] = vectors[row * width + i]! + (own?.[item * width + i] ?? 0);
        }
      });
      return inner.score(batch, candidates);
    },
  };
}
