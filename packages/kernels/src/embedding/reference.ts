import { type EmbeddingKernels } from "./embedding.js";

/** Plain embedding look-ups. */
export function referenceEmbedding(): EmbeddingKernels {
  return {
    gather: (out, table, indices, width) => {
      for (const [i, index] of indices.array.entries()) {
        const row = index < 0 ? new Float32Array(width) : table.array.subarray(index * width, (index + 1) * width);
        out.array.set(row, i * width);
      }
    },
    scatterAdd: (out, x, indices, width) => {
      for (const [i, index] of indices.array.entries()) {
        if (index < 0) continue;
        for (let j = 0; j < width; j++) out.array[index * width + j] += x.array[i * width + j];
      }
    },
    uniqueIndices: (out, places, indices) => {
      const seen = new Map<number, number>();
      for (const [i, index] of indices.array.entries()) {
        if (index >= 0 && !seen.has(index)) {
          out.array[seen.size] = index;
          seen.set(index, seen.size);
        }
        places.array[i] = seen.get(index) ?? -1;
      }
      return seen.size;
    },
    firstOutside: (indices, low, high) => indices.array.findIndex((index) => index < low || index >= high),
  };
}
