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
    nearestDrawn: (outItems, outScores, queries, keys, table, { draws, n, width, k, candidates }) => {
      const [z, values] = [queries.array, table.array];
      for (let draw = 0; draw < draws; draw++) {
        const scores = new Float32Array(n).fill(NaN);
        for (const item of candidates?.array ?? scores.keys()) {
          const stream = rowStream(keys.array[draw], item);
          let sum = 0;
          for (let j = 0; j < width; j++) {
            const at = 2 * item * width + j;
            sum += (z[draw * width + j] - values[at] - values[at + width] * normalAt(stream, j)) ** 2;
          }
          scores[item] = -sum;
        }
        const [from, to] = [draw * k, (draw + 1) * k];
        select(outItems.array.subarray(from, to), outScores.array.subarray(from, to), scores, k, undefined);
      }
    },
  };
}
