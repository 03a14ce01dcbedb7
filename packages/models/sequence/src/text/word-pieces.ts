import { splitWords } from "@sequitur/core";

/** What no piece can write. */
export const UNKNOWN = "[UNK]";
/** Begins a piece that stands inside a word, as in the vocabulary files of BERT. */
export const CONTINUES = "##";

/** A text as piece indices, and whether there was more of it. */
export interface Tokens {
  readonly pieces: Int32Array;
  readonly truncated: boolean;
}

/** Cuts texts into the pieces of a vocabulary. */
export interface WordPieces {
  readonly pieces: readonly string[];
  /** The first `most` pieces of a text; a word that cannot be written is one unknown piece. */
  cut(text: string, most: number): Tokens;
}

/** A longer run of letters is no word: it becomes one unknown piece, as in BERT's tokeniser. */
const LONGEST_WORD = 100;

/**
 * Cuts each word greedily, the longest piece first (WordPiece, Wu et al. 2016). `keepSigns` makes punctuation words of their
 * own, which the vocabularies of published encoders hold.
 */
export function wordPieces(pieces: readonly string[], keepSigns = false): WordPieces {
  const index = new Map(pieces.map((piece, at) => [piece, at]));
  const unknown = index.get(UNKNOWN) ?? 0;
  const known = new Map<string, readonly number[]>();
  const cutWord = (word: string): readonly number[] => {
    let cut = known.get(word);
    if (cut === undefined) {
      cut = longestFirst(word, index) ?? [unknown];
      known.set(word, cut);
    }
    return cut;
  };
  return {
    pieces,
    cut(text, most) {
      const found: number[] = [];
      for (const word of splitWords(text, keepSigns)) {
        for (const piece of cutWord(word)) found.push(piece);
        if (found.length > most) return { pieces: Int32Array.from(found.slice(0, most)), truncated: true };
      }
      return { pieces: Int32Array.from(found), truncated: false };
    },
  };
}

function longestFirst(word: string, index: ReadonlyMap<string, number>): number[] | undefined {
  if (word.length > LONGEST_WORD) return undefined;
  const found: number[] = [];
  for (let from = 0; from < word.length;) {
    let to = word.length;
    let piece: number | undefined;
    while (to > from && piece === undefined) {
      piece = index.get((from === 0 ? "" : CONTINUES) + word.slice(from, to));
      if (piece === undefined) to -= 1;
    }
    if (piece === undefined) return undefined;
    found.push(piece);
    from = to;
  }
  return found;
}

/** The texts of a catalogue as pieces, and the share of the non-empty ones that had to be cut short. */
export function cutTexts(
  cutter: WordPieces,
  texts: readonly string[],
  most: number,
): { readonly tokens: readonly Int32Array[]; readonly truncationRate: number } {
  const cut = texts.map((text) => cutter.cut(text, most));
  const count = (of: (tokens: Tokens) => boolean): number => cut.filter(of).length;
  const some = Math.max(
    1,
    count(({ pieces }) => pieces.length > 0),
  );
  return { tokens: cut.map(({ pieces }) => pieces), truncationRate: count(({ truncated }) => truncated) / some };
}
