import { PlatformError, type QueryBatch } from "@sequitur/core";
import { engineFor, quantisedWidth, type Engine, type QuantisedRows } from "@sequitur/kernels";
import type { Retriever } from "@sequitur/recommender";
import { setItemBits } from "./item-bitmap.js";
import type { FactorModel } from "./factor-model.js";
import { copyPadded, type ItemIndex } from "./item-index.js";

/** Which items may be retrieved, as bitmaps of ceil(N / 32) words: bit i % 32 of word i >> 5 is item i; see `itemBitmap`. */
export interface ItemFilter {
  /** Items that must not appear, such as those out of stock. */
  readonly exclude?: Uint32Array;
  /** Items of which alone some may appear, such as those of a category. */
  readonly only?: Uint32Array;
}

/** The filter holds for every call, and may be written to between calls. */
export interface FactorRetrieverOptions extends ItemFilter {
  /** `int8` scans a quarter of the bytes and lets exact scores decide among a shortlist; default float32. */
  readonly precision?: "float32" | "int8";
  /** Leave out what is in the query's history; default false. */
  readonly excludeHistory?: boolean;
  /** Threads of a scan; default: the engine's own. */
  readonly threads?: number;
}

/** A Retriever over a factorisation that frees its memory when asked. */
export interface FactorRetriever extends Retriever {
  /** The n best items for each query; `filter` holds for this call, besides that of the retriever. */
  retrieve(batch: QueryBatch, n: number, filter?: ItemFilter): readonly Int32Array[];
  /** Frees the copies of the item vectors; a later call makes them again. */
  release(): void;
}

/** Queries from which on one product of all with all items beats a scan for each. */
const BATCH = 4;
/** Scores of one block of queries, in floats. */
const BLOCK = 1 << 22;
/** The int8 scan keeps twice what is asked for and 32 more: recall above 0.999 on trained vectors; see bench. */
const shortlistOf = (k: number): number => 2 * k + 32;

/**
 * The exact n best items by U_u . V_i + bias_i, ties to the lower item; shorter lists when fewer remain. int8 is exact
 * whenever the true n best are within the shortlist of the quantised scan.
 */
export function factorRetriever(model: FactorModel, options: FactorRetrieverOptions = {}): FactorRetriever {
  const size = model.catalog.items.size;
  const { precision = "float32", excludeHistory = false } = options;
  checkFilter(options, size);
  const engine = engineFor(options.threads);
  let quantised: QuantisedRows | undefined;
  const rows = (): QuantisedRows => (quantised ??= quantise(engine, model.index(engine)));
  const retrieve = (batch: QueryBatch, n: number, filter: ItemFilter = {}): Int32Array[] => {
    if (!(Number.isInteger(n) && n >= 1))
      throw new PlatformError("bad-config", `n must be a positive integer, got ${n}.`);
    checkFilter(filter, size);
    if (batch.size === 0) return [];
    const base = barredWords([options, filter], size);
    const k = Math.min(n, Math.max(1, size));
    const job: Job = {
      index: model.index(engine),
      vectors: model.queryVectors(batch),
      batch,
      k,
      barred: excludeHistory || base !== undefined ? { base, history: excludeHistory } : undefined,
    };
    if (precision === "int8") return scanEach(job, rows());
    return batch.size < BATCH ? scanEach(job) : multiplyAll(job);
  };
  return {
    name: `${model.name}-factors`,
    retrieve,
    release: () => {
      model.release();
      if (quantised === undefined) return;
      engine.memory.release(quantised.rows);
      engine.memory.release(quantised.scales);
      quantised = undefined;
    },
  };
}

function checkFilter(filter: ItemFilter, size: number): void {
  for (const name of ["exclude", "only"] as const) {
    const words = filter[name];
    if (words === undefined || words.length === wordsOf(size)) continue;
    throw new PlatformError(
      "bad-config",
      `${name} must have ${wordsOf(size)} words for ${size} items, got ${words.length}.`,
    );
  }
}

/** What any of the filters bars; undefined when none bars anything. */
function barredWords(filters: readonly ItemFilter[], size: number): Uint32Array | undefined {
  let out: Uint32Array | undefined;
  for (const { exclude, only } of filters) {
    if (exclude === undefined && only === undefined) continue;
    out ??= new Uint32Array(wordsOf(size));
    for (let at = 0; at < out.length; at++) out[at]! |= (exclude?.[at] ?? 0) | ~(only?.[at] ?? -1);
  }
  return out;
}

interface Job {
  readonly index: ItemIndex;
  /** (B, factors). */
  readonly vectors: Float32Array;
  readonly batch: QueryBatch;
  readonly k: number;
  /** What must not appear: the same items for all, each query's history; undefined when everything may. */
  readonly barred: { readonly base: Uint32Array | undefined; readonly history: boolean } | undefined;
}

/** One scan a query, all threads in each. */
function scanEach(job: Job, quantised?: QuantisedRows): Int32Array[] {
  const { index, vectors, batch, k, barred } = job;
  const { engine, size, factors, width } = index;
  const { memory, kernels } = engine;
  return memory.withScratch((scratch) => {
    const [items, scores, query] = [scratch.ints(k), scratch.floats(k), scratch.floats(width)];
    const exclude = barred && scratch.words(wordsOf(size));
    const shape = { n: size, width, k, bias: index.bias, exclude };
    return Array.from({ length: batch.size }, (_, b) => {
      copyPadded(query.array, vectors.subarray(b * factors, (b + 1) * factors), factors, width);
      if (exclude) bar(exclude.array, job, b);
      const found =
        quantised === undefined
          ? kernels.scoreTopK(items, scores, query, index.items, shape)
          : kernels.scoreTopKInt8(items, scores, query, index.items, quantised, {
              ...shape,
              shortlist: shortlistOf(k),
            });
      return items.array.slice(0, found);
    });
  });
}

/** Blocks of queries times all items, then the best of each row. */
function multiplyAll(job: Job): Int32Array[] {
  const { index, vectors, batch, k, barred } = job;
  const { engine, size, factors, width } = index;
  const { memory, kernels } = engine;
  const most = Math.min(batch.size, Math.max(BATCH, Math.floor(BLOCK / Math.max(1, size))));
  const words = wordsOf(size);
  const lists: Int32Array[] = [];
  memory.withScratch((scratch) => {
    const [left, scores] = [scratch.floats(most * width), scratch.floats(most * size)];
    const [items, best] = [scratch.ints(most * k), scratch.floats(most * k)];
    const exclude = barred && scratch.words(most * words);
    for (let from = 0; from < batch.size; from += most) {
      const rows = Math.min(most, batch.size - from);
      copyPadded(left.array, vectors.subarray(from * factors, (from + rows) * factors), factors, width);
      if (index.bias) for (let row = 0; row < rows; row++) scores.array.set(index.bias.array, row * size);
      const shape = { m: rows, n: size, k: width, transposeB: true, accumulate: index.bias !== undefined };
      kernels.matmul(scores, left, index.items, shape);
      if (exclude) {
        for (let row = 0; row < rows; row++) {
          bar(exclude.array.subarray(row * words, (row + 1) * words), job, from + row);
        }
      }
      kernels.topKRows(items, best, scores, { rows, columns: size, k, exclude });
      for (let row = 0; row < rows; row++) lists.push(kept(items.array.subarray(row * k, (row + 1) * k)));
    }
  });
  return lists;
}

/** Writes the bits of what query `b` must not get. */
function bar(out: Uint32Array, { barred, batch, index }: Job, b: number): void {
  if (barred?.base === undefined) out.fill(0);
  else out.set(barred.base);
  if (barred?.history === true) {
    setItemBits(out, batch.items.subarray(batch.offsets[b], batch.offsets[b + 1]), index.size);
  }
}

/** Without the places for which no item was left. */
function kept(items: Int32Array): Int32Array {
  let count = items.length;
  while (count > 0 && items[count - 1]! < 0) count--;
  return items.slice(0, count);
}

function wordsOf(size: number): number {
  return Math.ceil(size / 32);
}

function quantise({ memory, kernels }: Engine, { items, size, width }: ItemIndex): QuantisedRows {
  const padded = quantisedWidth(width);
  const rows = { rows: memory.signedBytes(size * padded), scales: memory.floats(size), padded };
  kernels.quantiseRows(rows, items, { n: size, width });
  return rows;
}
