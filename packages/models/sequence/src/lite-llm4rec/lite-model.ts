import { PlatformError, stringsOf, type Catalog, type QueryBatch, type Tensor } from "@sequitur/core";
import type { Engine, Floats } from "@sequitur/kernels";
import { Weights } from "@sequitur/nn";
import type { Artifact, Model } from "@sequitur/recommender";
import { sasrecEncoder } from "../sasrec/encoder.js";
import type { Encoder } from "../serving/encoder.js";
import type { SequenceModelParts } from "../serving/model-parts.js";
import { sequenceModel, type SequenceModel } from "../serving/sequence-model.js";
import { wordPieces } from "../text/word-pieces.js";
import { beamSearch, digitTrie } from "./beam-search.js";
import type { LiteLlm4recConfig } from "./config.js";
import { encodeTexts } from "./encode-texts.js";
import { matchRows, projectTexts } from "./item-vectors.js";
import { matchingEncoder, sideBySide, type TextRows } from "./text-match.js";

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
  "items.match",
  "items.trust",
  "known",
  "shares",
  "text.pieces",
  "text.centre",
  "text.spread",
  "match.centre",
  "match.spread",
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
  const parts = partsOf(catalog, config, tensors, weights, work);
  const read = textReader(config, tensors, weights, work);
  const encode = (texts: readonly string[]): Float32Array => projectTexts(engine, read(texts), tensors);
  const save = (): Artifact => ({ model: "lite-llm4rec", config, catalog, tensors });
  const model = { ...sequenceModel(parts), save };
  return {
    ...model,
    work,
    encode,
    uncached: (texts) => uncachedModel(model, parts, tensors, texts, read, work),
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
    encoder: encoderOf(config, readRows(tensors), weights, work),
    output: { table: outputTable(config, tensors, weights), bias: weights.find("output.bias") },
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

/** The Recommendation LM, and beside it what of the history's texts is matched where that counts. */
function encoderOf(config: LiteLlm4recConfig, match: TextRows | undefined, weights: Weights, work: Work): Encoder {
  const states = counted(sasrecEncoder(weights, config), work);
  if (match === undefined) return states;
  return matchingEncoder(states, { ...match, weight: config.textMatch!, fade: config.textFade }, weights.engine.memory);
}

function readRows(tensors: ReadonlyMap<string, Tensor>): TextRows | undefined {
  const match = tensors.get("items.match");
  return match && { rows: match.data as Float32Array, width: match.shape[1]! };
}

function outputTable({ head }: LiteLlm4recConfig, tensors: ReadonlyMap<string, Tensor>, weights: Weights): Floats {
  const match = readRows(tensors);
  if (match === undefined) return weights.get(head === "free" ? "output.table" : "items.table");
  const trust = tensors.get("items.trust")!.data as Float32Array;
  return weights.derived("items.both", () => sideBySide(weights.tensors.get("items.table")!, match, trust));
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

/** Scores as `model` does, with the vectors of the items of each request made anew from their texts. */
function uncachedModel(
  model: Model,
  parts: SequenceModelParts,
  tensors: ReadonlyMap<string, Tensor>,
  texts: readonly string[],
  read: TextReader,
  work: Work,
): Model {
  const config = parts.config as LiteLlm4recConfig;
  const { width } = config;
  const own = tensors.get("items.id")?.data;
  // Tables of its own, of which only the rows of a request's items are valid.
  const weights = new Weights(parts.weights.engine, parts.weights.tensors);
  const table = weights.get("items.table").array.fill(Number.NaN);
  const kept = readRows(tensors);
  const match = kept && { ...kept, rows: new Float32Array(kept.rows.length).fill(Number.NaN) };
  const inner = sequenceModel({ ...parts, encoder: encoderOf(config, match, weights, work) });
  return {
    ...model,
    score(batch: QueryBatch, candidates) {
      const items = [...new Set(batch.items)].filter((item) => parts.known![item]! > 0);
      const raw = read(items.map((item) => texts[item]!));
      const vectors = projectTexts(weights.engine, raw, tensors);
      const matched = match && matchRows(raw, tensors);
      items.forEach((item, row) => {
        if (match !== undefined) {
          match.rows.set(matched!.subarray(row * match.width, (row + 1) * match.width), item * match.width);
        }
        for (let i = 0; i < width; i++) {
          table[item * width + i] = vectors[row * width + i]! + (own?.[item * width + i] ?? 0);
        }
      });
      return inner.score(batch, candidates);
    },
  };
}
