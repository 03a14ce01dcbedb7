import { PlatformError } from "@sequitur/core";
import { type Floats, type Ints } from "../block.js";
import { needs, needsSizes } from "../checks.js";

/** Rows of a table by index. Index -1 is padding: it reads zeros and receives nothing. */
export interface EmbeddingKernels {
  /** out (n, width) = rows of table (tableRows, width), n = indices.length. */
  readonly gather: (out: Floats, table: Floats, indices: Ints, width: number) => void;
  /** out[indices[i]] += x[i], x (n, width), in the order of i whatever the threads; `out` is not cleared. */
  readonly scatterAdd: (out: Floats, x: Floats, indices: Ints, width: number) => void;
  /**
   * The distinct indices in [0, limit), by first appearance, into `out` (room for n); `places[i]` receives where
   * indices[i] stands in it, -1 for padding. Returns their number. With `scatterAdd` by `places` it sums the gradients of
   * repeated rows.
   */
  readonly uniqueIndices: (out: Ints, places: Ints, indices: Ints, limit: number) => number;
  /** The first place of an index outside [low, high), or -1. */
  readonly firstOutside: (indices: Ints, low: number, high: number) => number;
}

/** The kernels with their shapes and indices checked first. */
export function checkedEmbedding(body: EmbeddingKernels): EmbeddingKernels {
  const checkIndices = (op: string, indices: Ints, limit: number): void => {
    const place = body.firstOutside(indices, -1, limit);
    if (place < 0) return;
    throw new PlatformError(
      "bad-config",
      `${op}: every index must be in [0, ${limit}) or -1 for padding, got ${indices.array[place]} at ${place}.`,
    );
  };
  return {
    gather: (out, table, indices, width) => {
      needsSizes("gather", { width });
      needs(indices, 0, "gather: indices");
      needs(table, 0, "gather: table");
      needs(out, indices.length * width, "gather: out (n, width)");
      if (width === 0) return;
      checkIndices("gather", indices, Math.floor(table.length / width));
      body.gather(out, table, indices, width);
    },
    scatterAdd: (out, x, indices, width) => {
      needsSizes("scatterAdd", { width });
      needs(indices, 0, "scatterAdd: indices");
      needs(out, 0, "scatterAdd: out");
      needs(x, indices.length * width, "scatterAdd: x (n, width)");
      if (width === 0) return;
      checkIndices("scatterAdd", indices, Math.floor(out.length / width));
      body.scatterAdd(out, x, indices, width);
    },
    uniqueIndices: (out, places, indices, limit) => {
      needsSizes("uniqueIndices", { limit });
      needs(indices, 0, "uniqueIndices: indices");
      needs(out, indices.length, "uniqueIndices: out (n)");
      needs(places, indices.length, "uniqueIndices: places (n)");
      checkIndices("uniqueIndices", indices, limit);
      return body.uniqueIndices(out, places, indices, limit);
    },
    firstOutside: (indices, low, high) => {
      needs(indices, 0, "firstOutside: indices");
      return body.firstOutside(indices, low, high);
    },
  };
}
