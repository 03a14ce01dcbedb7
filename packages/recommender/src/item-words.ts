import { itemFields, splitWords, throwIfCancelled, type Catalog } from "@sequitur/core";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { FitRun } from "./recommender.js";
import { countPairs, type SparseRows } from "./sparse-rows.js";

/** Which words of an item's text count, and how much. */
export interface WordWeighting {
  /** Of a word that stands n times in a text: count: n; log: 1 + ln n. */
  readonly termFrequency: "count" | "log";
  /** Words of a larger share of the items with text are left out. */
  readonly maxShare: number;
}

/**
 * (N, W) TF-IDF rows of unit length: x_iw ~ tf_iw ln(M / n_w), with n_w of the M items with text having word w. The words
 * are those of titles, categories and named texts, without the names of these fields. A word of every item weighs
 * nothing; an item without a word that weighs something has an empty row.
 */
export async function itemWords(
  catalog: Catalog,
  weighting: WordWeighting,
  run: Pick<FitRun, "signal" | "report">,
): Promise<SparseRows> {
  const { items, words, count } = await readWords(catalog, run);
  const counts = countPairs(items, words, catalog.items.size, count);
  const weights = wordWeights(counts, count, weighting);
  return unitRows(
    counts,
    (value, word) => (weighting.termFrequency === "log" ? 1 + Math.log(value) : value) * weights[word]!,
  );
}

/** Every word of every text, in order: the item and the word's number. */
async function readWords(
  catalog: Catalog,
  run: Pick<FitRun, "signal" | "report">,
): Promise<{ readonly items: Int32Array; readonly words: Int32Array; readonly count: number }> {
  const numbers = new Map<string, number>();
  const [items, words]: [number[], number[]] = [[], []];
  const total = catalog.items.size;
  for (const [item, fields] of itemFields(catalog).entries()) {
    if (item % 1024 === 0) {
      await nextTurn(); // so that a cancellation can arrive
      throwIfCancelled(run.signal);
      run.report?.({ task: "read item texts", done: item, total, unit: "items" });
    }
    for (const [, value] of fields) {
      for (const word of splitWords(value)) {
        const number = numbers.get(word) ?? numbers.size;
        numbers.set(word, number);
        items.push(item);
        words.push(number);
      }
    }
  }
  run.report?.({ task: "read item texts", done: total, total, unit: "items" });
  return { items: Int32Array.from(items), words: Int32Array.from(words), count: numbers.size };
}

/** (W) ln(M / n_w), and 0 for the words that are left out. */
function wordWeights(counts: SparseRows, wordCount: number, { maxShare }: WordWeighting): Float64Array {
  const frequencies = new Float64Array(wordCount);
  for (const word of counts.columns) frequencies[word]! += 1;
  const withText = counts.offsets.reduce((sum, end, at) => sum + (at > 0 && end > counts.offsets[at - 1]! ? 1 : 0), 0);
  return frequencies.map((frequency) => (frequency > maxShare * withText ? 0 : Math.log(withText / frequency)));
}

/** The entries with a weight above 0, each row scaled to unit length. */
function unitRows(counts: SparseRows, weight: (value: number, column: number) => number): SparseRows {
  const rows = counts.offsets.length - 1;
  const offsets = new Int32Array(rows + 1);
  const columns = new Int32Array(counts.columns.length);
  const values = new Float64Array(counts.columns.length);
  let end = 0;
  for (let row = 0; row < rows; row++) {
    const start = end;
    let square = 0;
    for (let p = counts.offsets[row]!; p < counts.offsets[row + 1]!; p++) {
      const value = weight(counts.values[p]!, counts.columns[p]!);
      if (value === 0) continue;
      columns[end] = counts.columns[p]!;
      values[end++] = value;
      square += value ** 2;
    }
    for (let p = start; p < end; p++) values[p]! /= Math.sqrt(square);
    offsets[row + 1] = end;
  }
  return { offsets, columns: columns.slice(0, end), values: Float32Array.from(values.subarray(0, end)) };
}
