import { itemTexts, PlatformError, throwIfCancelled, type Catalog } from "@sequitur/core";
import { itemWords, transpose, type FitRun, type SparseRows } from "@sequitur/recommender";
import { learnPieces } from "../text/learn-pieces.js";
import { tellingLengths } from "../text/telling-lengths.js";
import { textsHash } from "../text/texts-hash.js";
import { openSentenceEncoder } from "../text/sentence-encoder.js";
import { openVectorCache } from "../text/vector-cache.js";
import { CONTINUES, cutTexts, wordPieces } from "../text/word-pieces.js";
import { readWordVectors, scaledToUnit } from "../text/word-vectors.js";
import type { LiteLlm4recConfig, SentenceEncoderConfig } from "./config.js";

/** A catalogue's texts as its own vocabulary writes them. */
export interface ReadTexts {
  readonly texts: readonly string[];
  /** Of all that the texts bring to a fit. */
  readonly hash: string;
  readonly pieces: readonly string[];
  /** (V) about the length of each piece's vector before training. */
  readonly lengths: Float32Array;
  /** (N) the tokens of each item's text; empty for one without text. */
  readonly tokens: readonly Int32Array[];
  /** Vectors that pieces start from, by piece. */
  readonly start: ReadonlyMap<number, Float32Array>;
  /** (V, N) TF-IDF of the words of the texts, of unit length for an item; none where words are not matched. */
  readonly words: SparseRows;
}

const NO_WORDS: SparseRows = { offsets: Int32Array.of(0), columns: new Int32Array(0), values: new Float32Array(0) };

/**
 * Learns the vocabulary, cuts the texts and reads start vectors of whole words where the config names them; reports how
 * many items have text, the share of texts that was cut short, and how many pieces got a start vector.
 */
export async function readTexts(
  catalog: Catalog,
  config: Pick<LiteLlm4recConfig, "vocabulary" | "maxTokens" | "wordVectors" | "textWidth" | "head" | "textMatch">,
  { report, signal }: Pick<FitRun, "report" | "signal">,
): Promise<ReadTexts> {
  const { vocabulary, maxTokens, wordVectors, textWidth } = config;
  const texts = itemTexts(catalog);
  const pieces = learnPieces(texts, vocabulary);
  const { tokens, truncationRate } = cutTexts(wordPieces(pieces), texts, maxTokens);
  const found = wordVectors === undefined ? undefined : await startVectors(wordVectors, textWidth, pieces);
  const withText = tokens.filter(({ length }) => length > 0).length;
  report?.({
    task: "read item texts",
    done: withText,
    total: texts.length,
    unit: "items",
    values: { pieces: pieces.length, truncated: truncationRate, ...(found && { "with word vectors": found.size }) },
  });
  const start = found ?? new Map<number, Float32Array>();
  const hash = textsHash([...texts, ...[...start.values()].map(String)]);
  const isMatched = config.head === "tied" && config.textMatch !== 0;
  const words = isMatched
    ? transpose(await itemWords(catalog, { termFrequency: "log", maxShare: 1 }, { ...(signal && { signal }) }))
    : NO_WORDS;
  return { texts, hash, pieces, tokens, start, words, lengths: tellingLengths(tokens, pieces.length) };
}

async function startVectors(
  path: string,
  width: number,
  pieces: readonly string[],
): Promise<Map<number, Float32Array>> {
  const words = new Set(pieces.filter((piece) => !piece.startsWith(CONTINUES)));
  const vectors = scaledToUnit(await readWordVectors(path, width, words));
  return new Map(pieces.flatMap((piece, at) => (vectors.has(piece) ? [[at, vectors.get(piece)!]] : [])));
}

/** Texts that are encoded between two reports, after which they are kept. */
const CHUNK = 256;

/**
 * (N, F) what a sentence encoder makes of the texts, zeros where there is none; each distinct text once, and only those
 * that its cache does not hold. What was encoded before a cancellation is in the cache.
 */
export async function encodeByEncoder(
  texts: readonly string[],
  { model, vocabulary, cache: folder }: SentenceEncoderConfig,
  maxTokens: number,
  { threads = 1, report, signal }: Pick<FitRun, "threads" | "report" | "signal">,
): Promise<{ readonly vectors: Float32Array; readonly width: number }> {
  const encoder = await openSentenceEncoder({ model, vocabulary, maxTokens, threads });
  try {
    const cache = folder === undefined ? undefined : await openVectorCache(folder, encoder.hash);
    const distinct = [...new Set(texts)].filter((text) => text !== "");
    const missing = distinct.filter((text) => cache?.get(text) === undefined);
    const cached = distinct.length - missing.length;
    const tell = (encoded: number): void =>
      report?.({
        task: "encode item texts",
        done: cached + encoded,
        total: distinct.length,
        unit: "texts",
        values: { cached },
      });
    const made = new Map<string, Float32Array>();
    tell(0);
    for (let from = 0; from < missing.length; from += CHUNK) {
      throwIfCancelled(signal);
      const part = missing.slice(from, from + CHUNK);
      const encoded = await encoder.encode(part);
      const some = part.flatMap((text, at): [string, Float32Array][] =>
        encoded[at]!.length > 0 ? [[text, encoded[at]!]] : [],
      );
      for (const [text, vector] of some) made.set(text, vector);
      if (some.length > 0) await cache?.add(new Map(some));
      tell(from + part.length);
    }
    return asRows(
      texts.map((text) => made.get(text) ?? cache?.get(text)),
      model,
    );
  } finally {
    await encoder.release();
  }
}

function asRows(
  rows: readonly (Float32Array | undefined)[],
  model: string,
): { readonly vectors: Float32Array; readonly width: number } {
  const width = rows.find((row) => row !== undefined)?.length ?? 1;
  const vectors = new Float32Array(rows.length * width);
  rows.forEach((row, item) => {
    if (row === undefined) return;
    if (row.length !== width) {
      throw new PlatformError("bad-data", `${model}: expected vectors of one length, got ${width} and ${row.length}.`);
    }
    vectors.set(row, item * width);
  });
  return { vectors, width };
}
