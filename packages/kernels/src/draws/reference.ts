import { select } from "../topk/reference.js";
import { normalAt, rowStream } from "./counter-normal.js";
import { type DrawKernels } from "./draws.js";

/** Plain draws: every vector whole, every distance in float64, then a sort. */
export function referenceDraws(): DrawKernels {
  return {
    drawnRow: (out, means, scales, { key, row, from = 0, count }) => {
      const stream = rowStream(key, row);
      for (let at = 0; at < count; at++) {
        out.array[at] = means.array[at] + scales.array[at] * normalAt(stream, from + at);
      }
    },
    nearestDrawn: (outItems, outScores, query, table, { key, n, width, k, candidates }) => {
      const scores = new Float32Array(n).fill(NaN);
      const [z, values] = [query.array, table.array];
      for (const item of candidates?.array ?? scores.keys()) {
        const stream = rowStream(key, item);
        let sum = 0;
        for (let j = 0; j < width; j++) {
          const at = 2 * item * width + j;
          sum += (z[j] - values[at] - values[at + width] * normalAt(stream, j)) ** 2;
        }
        scores[item] = -sum;
      }
      return select(outItems.array, outScores.array, scores, k, undefined);
    },
  };
}
