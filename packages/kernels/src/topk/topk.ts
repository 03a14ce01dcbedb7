import { PlatformError } from "@sequitur/core";
import { type Floats, type Ints, type SignedBytes, type Words } from "../block.js";
import { needs, needsIfGiven, needsIndices, needsSizes } from "../checks.js";

/** One scan over all items for one query. */
export interface ScanShape {
  /** Items. */
  readonly n: number;
  /** A multiple of 4. */
  readonly width: number;
  /** At least 1. */
  readonly k: number;
  /** (n) added to the scores. */
  readonly bias?: Floats | undefined;
  /** (ceil(n / 32)) bit i set: item i must not appear. */
  readonly exclude?: Words | undefined;
}

/** Item vectors as int8 with a scale a row; see `quantiseRows`. */
export interface QuantisedRows {
  /** (n, padded) */
  readonly rows: SignedBytes;
  /** (n) */
  readonly scales: Floats;
  /** Bytes a row: width rounded up to a multiple of 16, at most 512. */
  readonly padded: number;
}

/**
 * The k best: score descending, ties to the lower item; never NaN, never excluded. Lists are k long; places beyond what
 * remains hold item -1 and score -infinity.
 */
export interface TopKKernels {
  /** The k best columns of each row: scores (rows, columns), exclude (rows, ceil(columns / 32)); outputs (rows, k). */
  readonly topKRows: (
    outItems: Ints,
    outScores: Floats,
    scores: Floats,
    shape: {
      readonly rows: number;
      readonly columns: number;
      readonly k: number;
      readonly exclude?: Words | undefined;
    },
  ) => void;
  /** The k best of query . items[i] + bias[i], without storing the scores; items (n, width). Returns how many. */
  readonly scoreTopK: (outItems: Ints, outScores: Floats, query: Floats, items: Floats, shape: ScanShape) => number;
  /** out[i] = query . items[list[i]] + bias[list[i]], each the very score of `scoreTopK`. */
  readonly scoreItems: (
    out: Floats,
    query: Floats,
    items: Floats,
    list: Ints,
    shape: { readonly count: number; readonly n: number; readonly width: number; readonly bias?: Floats | undefined },
  ) => void;
  /**
   * x (n, width), finite, as int8; scales = largest |x| of the row / 127. Of each 16 elements (padding: 0) byte 2 j holds
   * round(x_j / scale), and byte 2 j + 1 the value at which both as one int16 are nearest to 256 x_(8 + j) / scale.
   */
  readonly quantiseRows: (out: QuantisedRows, x: Floats, shape: { readonly n: number; readonly width: number }) => void;
  /**
   * As `scoreTopK`, but the scan reads the int8 rows and keeps `shortlist` items (at least k), whose exact scores then
   * decide. Exact whenever the true k best are within the shortlist.
   */
  readonly scoreTopKInt8: (
    outItems: Ints,
    outScores: Floats,
    query: Floats,
    items: Floats,
    quantised: QuantisedRows,
    shape: ScanShape & { readonly shortlist: number },
  ) => number;
}

/** Bytes a quantised row of this width takes. */
export function quantisedWidth(width: number): number {
  return Math.ceil(width / 16) * 16;
}

/** The kernels with their shapes checked first. */
export function checkedTopK(body: TopKKernels): TopKKernels {
  return {
    topKRows: (outItems, outScores, scores, shape) => {
      const { rows, columns, k, exclude } = shape;
      needsSizes("topKRows", { rows, columns, k });
      needs(outItems, rows * k, "topKRows: outItems (rows x k)");
      needs(outScores, rows * k, "topKRows: outScores (rows x k)");
      needs(scores, rows * columns, "topKRows: scores (rows x columns)");
      needsIfGiven(exclude, rows * Math.ceil(columns / 32), "topKRows: exclude (rows x ceil(columns / 32))");
      body.topKRows(outItems, outScores, scores, shape);
    },
    scoreTopK: (outItems, outScores, query, items, shape) => {
      checkScan("scoreTopK", outItems, outScores, query, items, shape);
      return body.scoreTopK(outItems, outScores, query, items, shape);
    },
    scoreItems: (out, query, items, list, shape) => {
      const { count, n, width, bias } = shape;
      needsSizes("scoreItems", { count, n, width });
      needsWidth("scoreItems", width);
      needs(out, count, "scoreItems: out (count)");
      needs(query, width, "scoreItems: query (width)");
      needs(items, n * width, "scoreItems: items (n x width)");
      needs(list, count, "scoreItems: list (count)");
      needsIndices(list.array, count, n, "scoreItems: list");
      needsIfGiven(bias, n, "scoreItems: bias (n)");
      body.scoreItems(out, query, items, list, shape);
    },
    quantiseRows: (out, x, shape) => {
      needsSizes("quantiseRows", { n: shape.n, width: shape.width });
      needs(x, shape.n * shape.width, "quantiseRows: x (n x width)");
      checkQuantised("quantiseRows", out, shape.n, shape.width);
      body.quantiseRows(out, x, shape);
    },
    scoreTopKInt8: (outItems, outScores, query, items, quantised, shape) => {
      checkScan("scoreTopKInt8", outItems, outScores, query, items, shape);
      checkQuantised("scoreTopKInt8", quantised, shape.n, shape.width);
      needsSizes("scoreTopKInt8", { shortlist: shape.shortlist });
      if (shape.shortlist < shape.k) {
        throw new PlatformError(
          "bad-config",
          `scoreTopKInt8: shortlist must be at least k = ${shape.k}, got ${shape.shortlist}.`,
        );
      }
      return body.scoreTopKInt8(outItems, outScores, query, items, quantised, shape);
    },
  };
}

function checkScan(
  op: string,
  outItems: Ints,
  outScores: Floats,
  query: Floats,
  items: Floats,
  shape: ScanShape,
): void {
  const { n, width, k, bias, exclude } = shape;
  needsSizes(op, { n, width, k });
  needsWidth(op, width);
  if (k < 1) throw new PlatformError("bad-config", `${op}: k must be at least 1, got ${k}.`);
  needs(outItems, k, `${op}: outItems (k)`);
  needs(outScores, k, `${op}: outScores (k)`);
  needs(query, width, `${op}: query (width)`);
  needs(items, n * width, `${op}: items (n x width)`);
  needsIfGiven(bias, n, `${op}: bias (n)`);
  needsIfGiven(exclude, Math.ceil(n / 32), `${op}: exclude (ceil(n / 32))`);
}

function checkQuantised(op: string, quantised: QuantisedRows, n: number, width: number): void {
  const { padded } = quantised;
  if (padded !== quantisedWidth(width) || padded > 512) {
    throw new PlatformError(
      "bad-config",
      `${op}: padded must be ${quantisedWidth(width)} for width ${width} (at most 512), got ${padded}.`,
    );
  }
  needs(quantised.rows, n * padded, `${op}: quantised rows (n x padded)`);
  needs(quantised.scales, n, `${op}: scales (n)`);
}

/** Throws unless width is a positive multiple of 4. */
export function needsWidth(op: string, width: number): void {
  if (width >= 4 && width % 4 === 0) return;
  throw new PlatformError("bad-config", `${op}: width must be a positive multiple of 4, got ${width}.`);
}
