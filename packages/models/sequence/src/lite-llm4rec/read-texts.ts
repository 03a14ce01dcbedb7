import type { Catalog } from "@sequitur/core";
import type { FitRun } from "@sequitur/recommender";
import { itemTexts, textsHash } from "../text/item-texts.js";
import { learnPieces } from "../text/learn-pieces.js";
import { cutTexts, wordPieces } from "../text/word-pieces.js";
import type { LiteLlm4recConfig } from "./config.js";

/** A catalogue's texts as its own vocabulary writes them. */
export interface ReadTexts {
  readonly texts: readonly string[];
  /** Of the texts, for the identity of a fit. */
  readonly hash: string;
  readonly pieces: readonly string[];
  /** (N) the tokens of each item's text; empty for one without text. */
  readonly tokens: readonly Int32Array[];
}

/** Learns the vocabulary and cuts the texts; reports how many there are and the share that was cut short. */
export function readTexts(
  catalog: Catalog,
  { vocabulary, maxTokens }: Pick<LiteLlm4recConfig, "vocabulary" | "maxTokens">,
  report: FitRun["report"],
): ReadTexts {
  const texts = itemTexts(catalog);
  const pieces = learnPieces(texts, vocabulary);
  const { tokens, truncationRate } = cutTexts(wordPieces(pieces), texts, maxTokens);
  const withText = tokens.filter(({ length }) => length > 0).length;
  report?.({
    task: "read item texts",
    done: withText,
    total: texts.length,
    unit: "items",
    values: { pieces: pieces.length, truncated: truncationRate },
  });
  return { texts, hash: textsHash(texts), pieces, tokens };
}
