import { type Memory } from "../memory.js";
import { offsetOrZero, type WasmContext } from "../wasm-context.js";
import { type TopKKernels } from "./topk.js";

interface TopKExports {
  readonly threadCount: () => number;
  readonly topKRows: (...parameters: number[]) => void;
  readonly scoreTopK: (...parameters: number[]) => number;
  readonly scoreItems: (...parameters: number[]) => void;
  readonly quantiseRows: (...parameters: number[]) => void;
  readonly scoreTopKInt8: (...parameters: number[]) => number;
}

/** Most that the sizes of a quantised query may add up to: times the largest item word, 32,768, they stay within int32. */
const QUERY_SUM = 65_535;
/** What an item word counts more than the element that it holds. */
const WORD = 256;

/** Compiled top-k selection (assembly/topk.ts). */
export function wasmTopK(context: WasmContext, memory: Memory): TopKKernels {
  const exports = context.exports as unknown as TopKExports;
  /** A heap of k entries, 8 bytes each, for each thread. */
  const heapsOf = (k: number): number => context.scratchFloats(2 * k * exports.threadCount());
  const kernels: TopKKernels = {
    topKRows: (outItems, outScores, scores, { rows, columns, k, exclude }) => {
      const heaps = heapsOf(k);
      const to = [outItems.offset, outScores.offset, heaps];
      exports.topKRows(...to, scores.offset, offsetOrZero(exclude), rows, columns, k);
    },
    scoreTopK: (outItems, outScores, query, items, { n, width, k, bias, exclude }) => {
      const heaps = heapsOf(k);
      const to = [outItems.offset, outScores.offset, heaps];
      return exports.scoreTopK(
        ...to,
        query.offset,
        items.offset,
        offsetOrZero(bias),
        offsetOrZero(exclude),
        n,
        width,
        k,
      );
    },
    scoreItems: (out, query, items, list, { count, width, bias }) =>
      exports.scoreItems(out.offset, query.offset, items.offset, offsetOrZero(bias), list.offset, count, width),
    quantiseRows: (out, x, { n, width }) =>
      exports.quantiseRows(out.rows.offset, out.scales.offset, x.offset, n, width, out.padded),
    scoreTopKInt8: (outItems, outScores, query, items, quantised, shape) => {
      const { n, width, k, bias, exclude } = shape;
      const shortlist = Math.min(shape.shortlist, Math.max(n, k));
      return memory.withScratch((scratch) => {
        // int16 pairs of the query, two to a word.
        const wide = scratch.words(quantised.padded / 2);
        const scale = quantiseQuery(wide.array, query.array, width);
        const [near, nearScores] = [scratch.ints(shortlist), scratch.floats(shortlist)];
        const heaps = heapsOf(shortlist);
        const to = [near.offset, nearScores.offset, heaps, wide.offset, quantised.rows.offset, quantised.scales.offset];
        const found = exports.scoreTopKInt8(
          ...to,
          offsetOrZero(bias),
          offsetOrZero(exclude),
          scale,
          n,
          quantised.padded,
          shortlist,
        );
        const list = near.array.subarray(0, found).sort();
        kernels.scoreItems(nearScores, query, items, near, { count: found, n, width, bias });
        kernels.topKRows(outItems, outScores, nearScores, { rows: 1, columns: found, k });
        return toItems(outItems.array, k, list);
      });
    },
  };
  return kernels;
}

/** Columns of the shortlist -> items; how many there are. */
function toItems(columns: Int32Array, k: number, list: Int32Array): number {
  let kept = 0;
  for (let at = 0; at < k; at++) {
    if (columns[at] < 0) continue;
    columns[at] = list[columns[at]];
    kept++;
  }
  return kept;
}

/** The query as int16 in `words`; what a sum of products of words must be multiplied by, besides the item's scale. */
function quantiseQuery(words: Uint32Array, query: Float32Array, width: number): number {
  const wide = new Int16Array(words.buffer, words.byteOffset, 2 * words.length).fill(0);
  let [sum, most] = [0, 0];
  for (let at = 0; at < width; at++) {
    const size = Math.abs(query[at]);
    sum += size;
    if (size > most) most = size;
  }
  if (sum === 0) return 0;
  // Rounding adds at most a half to each.
  const scale = Math.max(sum / (QUERY_SUM - width / 2), most / 32_767);
  for (let at = 0; at < width; at++) wide[at] = Math.round(query[at] / scale);
  return scale / WORD;
}
