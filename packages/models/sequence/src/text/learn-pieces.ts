import { splitWords } from "@sequitur/core";
import { CONTINUES, UNKNOWN } from "./word-pieces.js";

/** Characters rarer than this stay unknown. */
const LEAST_COUNT = 2;

interface Word {
  readonly count: number;
  parts: string[];
}

/**
 * At most `size` word pieces of some texts by byte-pair encoding (Sennrich et al. 2016, algorithm 1), on characters: every
 * character, then the commonest pair of neighbours within words is joined again and again while it occurs twice. Ties go
 * to the pair that sorts first, so that the same texts in any order give the same pieces. A piece inside a word begins
 * with "##". The first piece stands for what no piece can write.
 */
export function learnPieces(texts: readonly string[], size: number): string[] {
  const words = wordsOf(texts);
  const pieces = new Set([UNKNOWN, ...characters(words, size - 1)]);
  const pairs = new PairCounts(words);
  while (pieces.size < size) {
    const best = pairs.commonest();
    if (best === undefined) break;
    pieces.add(pairs.join(best));
  }
  return [...pieces];
}

function wordsOf(texts: readonly string[]): Word[] {
  const counts = new Map<string, number>();
  for (const text of texts) for (const word of splitWords(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([word, count]) => ({
      count,
      parts: Array.from(word, (character, at) => (at === 0 ? character : CONTINUES + character)),
    }));
}

/** The commonest characters as first and inner pieces, at most `size` of them. */
function characters(words: readonly Word[], size: number): string[] {
  const counts = new Map<string, number>();
  for (const { parts, count } of words) for (const part of parts) counts.set(part, (counts.get(part) ?? 0) + count);
  return [...counts]
    .filter(([, count]) => count >= LEAST_COUNT)
    .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .slice(0, Math.max(0, size))
    .map(([part]) => part);
}

/** How often each pair of neighbours occurs, and in which words; kept up to date while pairs are joined. */
class PairCounts {
  private readonly words: readonly Word[];
  private readonly counts = new Map<string, number>();
  private readonly places = new Map<string, Set<number>>();

  constructor(words: readonly Word[]) {
    this.words = words;
    words.forEach((word, index) => this.add(word, index, 1));
  }

  commonest(): string | undefined {
    let best: string | undefined;
    let most = LEAST_COUNT - 1;
    for (const [pair, count] of this.counts) {
      if (count > most || (count === most && best !== undefined && pair < best)) [best, most] = [pair, count];
    }
    return best;
  }

  /** Joins every occurrence of a pair; the new piece. */
  join(pair: string): string {
    const [left, right] = pair.split(" ") as [string, string];
    const joined = left + right.slice(CONTINUES.length);
    for (const index of this.places.get(pair) ?? []) {
      const word = this.words[index]!;
      this.add(word, index, -1);
      const parts: string[] = [];
      for (const part of word.parts) {
        if (part === right && parts.at(-1) === left) parts[parts.length - 1] = joined;
        else parts.push(part);
      }
      word.parts = parts;
      this.add(word, index, 1);
    }
    this.counts.delete(pair);
    this.places.delete(pair);
    return joined;
  }

  private add({ parts, count }: Word, index: number, sign: 1 | -1): void {
    for (let at = 1; at < parts.length; at++) {
      const pair = `${parts[at - 1]} ${parts[at]}`;
      const total = (this.counts.get(pair) ?? 0) + sign * count;
      if (total > 0) this.counts.set(pair, total);
      else this.counts.delete(pair);
      if (sign < 0) continue;
      const places = this.places.get(pair);
      if (places === undefined) this.places.set(pair, new Set([index]));
      else places.add(index);
    }
  }
}
