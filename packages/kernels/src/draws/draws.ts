import { PlatformError } from "@sequitur/core";
import { type Floats, type Ints, type Words } from "../block.js";
import { needs, needsIndices, needsSizes } from "../checks.js";
import { needsWidth } from "../topk/topk.js";

/** One row under one draw, from a dimension on. */
export interface RowShape {
  /** Names the draw: 32 bits. */
  readonly key: number;
  /** 32 bits. */
  readonly row: number;
  /** First dimension; 0 where absent. */
  readonly from?: number;
  readonly count: number;
}

/** One scan over items under several draws at once. */
export interface DrawShape {
  readonly draws: number;
  /** Items of the table. */
  readonly n: number;
  /** A multiple of 4; dimensions whose mean, scale and query are 0 add nothing. */
  readonly width: number;
  /** At least 1. */
  readonly k: number;
  /** Distinct items to choose from; absent: all. */
  readonly candidates?: Ints | undefined;
}

/** Draws of independent normals that are never stored: each is a function of its key, row and dimension. */
export interface DrawKernels {
  /**
   * out[i] = means[i] + scales[i] x `normalAt(rowStream(key, row), from + i)`, the normal within 3e-6 (1 + |normal|). out
   * may be means or scales.
   */
  readonly drawnRow: (out: Floats, means: Floats, scales: Floats, shape: RowShape) => void;
  /**
   * For each draw the k items nearest to its query under v = mean + scale x normal of (key, item, dimension), as scores
   * -|query - v|^2: best first, ties to the lower item, never NaN. Lists (draws, k): places beyond what there is hold
   * item -1 and score -infinity. queries (draws, width), keys (draws), table (n, 2, width): means and scales of each item.
   */
  readonly nearestDrawn: (
    outItems: Ints,
    outScores: Floats,
    queries: Floats,
    keys: Words,
    table: Floats,
    shape: DrawShape,
  ) => void;
}

/** The kernels with their shapes checked first. */
export function checkedDraws(body: DrawKernels): DrawKernels {
  return {
    drawnRow: (out, means, scales, shape) => {
      needsSizes("drawnRow", { from: shape.from ?? 0, count: shape.count });
      needs(out, shape.count, "drawnRow: out (count)");
      needs(means, shape.count, "drawnRow: means (count)");
      needs(scales, shape.count, "drawnRow: scales (count)");
      body.drawnRow(out, means, scales, shape);
    },
    nearestDrawn: (outItems, outScores, queries, keys, table, shape) => {
      const { draws, n, width, k, candidates } = shape;
      needsSizes("nearestDrawn", { draws, n, width, k });
      needsWidth("nearestDrawn", width);
      if (k < 1) throw new PlatformError("bad-config", `nearestDrawn: k must be at least 1, got ${k}.`);
      needs(outItems, draws * k, "nearestDrawn: outItems (draws, k)");
      needs(outScores, draws * k, "nearestDrawn: outScores (draws, k)");
      needs(queries, draws * width, "nearestDrawn: queries (draws, width)");
      needs(keys, draws, "nearestDrawn: keys (draws)");
      needs(table, 2 * n * width, "nearestDrawn: table (n, 2, width)");
      if (candidates !== undefined) {
        needs(candidates, 0, "nearestDrawn: candidates");
        needsIndices(candidates.array, candidates.length, n, "nearestDrawn: candidates");
      }
      body.nearestDrawn(outItems, outScores, queries, keys, table, shape);
    },
  };
}
