import { type Floats, type Ints } from "../block.js";
import { type ScanShape, type TopKKernels } from "./topk.js";

/** Plain top-k selection: every score, then a sort. The int8 form scans exactly, so that its shortlist never errs. */
export function referenceTopK(): TopKKernels {
  const scoreTopK = (outItems: Ints, outScores: Floats, query: Floats, items: Floats, shape: ScanShape): number => {
    const scores = Float32Array.from({ length: shape.n }, (_, item) =>
      scoreOf(query.array, items.array, item, shape.width, shape.bias?.array),
    );
    return select(outItems.array, outScores.array, scores, shape.k, shape.exclude?.array);
  };
  return {
    topKRows: (outItems, outScores, scores, { rows, columns, k, exclude }) => {
      const words = Math.ceil(columns / 32);
      for (let row = 0; row < rows; row++) {
        select(
          outItems.array.subarray(row * k, (row + 1) * k),
          outScores.array.subarray(row * k, (row + 1) * k),
          scores.array.subarray(row * columns, (row + 1) * columns),
          k,
          exclude?.array.subarray(row * words, (row + 1) * words),
        );
      }
    },
    scoreTopK,
    scoreItems: (out, query, items, list, { count, width, bias }) => {
      for (let at = 0; at < count; at++) {
        out.array[at] = scoreOf(query.array, items.array, list.array[at], width, bias?.array);
      }
    },
    quantiseRows: (out, x, { n, width }) => {
      for (let row = 0; row < n; row++) {
        const values = x.array.subarray(row * width, (row + 1) * width);
        const scale = Math.fround(values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127);
        out.scales.array[row] = scale;
        const at = (k: number): number => (k < width && scale > 0 ? values[k] / scale : 0);
        for (let k = 0; k < out.padded; k++) {
          const [block, j] = [k - (k % 16), k % 8];
          const low = rounded(at(block + j));
          const to = row * out.padded + block + 2 * j;
          if (k % 16 < 8) out.rows.array[to] = low;
          else out.rows.array[to + 1] = rounded(at(k) - (low & 255) / 256);
        }
      }
    },
    scoreTopKInt8: (outItems, outScores, query, items, _quantised, shape) =>
      scoreTopK(outItems, outScores, query, items, shape),
  };
}

/** To the nearest integer, halves away from 0. */
function rounded(x: number): number {
  return Math.sign(x) * Math.round(Math.abs(x));
}

function scoreOf(
  query: Float32Array,
  items: Float32Array,
  item: number,
  width: number,
  bias: Float32Array | undefined,
): number {
  let sum = 0;
  for (let k = 0; k < width; k++) sum += query[k] * items[item * width + k];
  return sum + (bias?.[item] ?? 0);
}

/** The k best scores and their columns; how many there are. */
export function select(
  outItems: Int32Array,
  outScores: Float32Array,
  scores: Float32Array,
  k: number,
  exclude: Uint32Array | undefined,
): number {
  const kept = [...scores.keys()]
    .filter((item) => !Number.isNaN(scores[item]) && ((exclude?.[item >>> 5] ?? 0) & (1 << (item & 31))) === 0)
    .sort((a, b) => (scores[b] > scores[a] ? 1 : scores[b] < scores[a] ? -1 : a - b))
    .slice(0, k);
  outItems.fill(-1, 0, k);
  outScores.fill(-Infinity, 0, k);
  kept.forEach((item, at) => {
    outItems[at] = item;
    outScores[at] = scores[item];
  });
  return kept.length;
}
