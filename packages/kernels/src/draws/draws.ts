import { PlatformError } from "@sequitur/core";
import { type Floats, type Ints } from "../block.js";
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

/** One scan over items under one draw. */
export interface DrawShape {
  /** Names the draw: 32 bits. */
  readonly key: number;
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
   * The k items nearest to the query (width) under one draw v = mean + scale x normal of (key, item, dimension), as
   * scores -|query - v|^2: best first, ties to the lower item, never NaN. Lists are k long; places beyond what there is
   * hold item -1 and score -infinity. table (n, 2, width): means and scales of each item. Returns how many.
   */
  readonly nearestDrawn: (outItems: Ints, outScores: Floats, query: Floats, table: Floats, shape: DrawShape) => number;
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
    nearestDrawn: (outItems, outScores, query, table, shape) => {
      const { n, width, k, candidates } = shape;
      needsSizes("nearestDrawn", { n, width, k });
      needsWidth("nearestDrawn", width);
      if (k < 1) throw new PlatformError("bad-config", `nearestDrawn: k must be at least 1, got ${k}.`);
      needs(outItems, k, "nearestDrawn: outItems (k)");
      needs(outScores, k, "nearestDrawn: outScores (k)");
      needs(query, width, "nearestDrawn: query (width)");
      needs(table, 2 * n * width, "nearestDrawn: table (n, 2, width)");
      if (candidates !== undefined) {
        needs(candidates, 0, "nearestDrawn: candidates");
        needsIndices(candidates.array, candidates.length, n, "nearestDrawn: candidates");
      }
      return body.nearestDrawn(outItems, outScores, query, table, shape);
    },
  };
}
