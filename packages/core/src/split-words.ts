const WORDS = /\p{L}+|\p{N}+/gu;
const WORDS_AND_SIGNS = /\p{L}+|\p{N}+|[^\p{L}\p{N}\p{Z}\p{C}]/gu;

/**
 * The words of a text, as they come: lower case, without accents, runs of letters and runs of digits apart. Signs are
 * dropped, or kept as words of their own. Lazily, so that the start of a long text is cheap.
 */
export function* splitWords(text: string, keepSigns = false): Generator<string> {
  const plain = text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  for (const [word] of plain.matchAll(keepSigns ? WORDS_AND_SIGNS : WORDS)) yield word;
}
