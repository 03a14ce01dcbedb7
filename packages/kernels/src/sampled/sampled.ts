import { PlatformError } from "@sequitur/core";
import { type Floats, type Ints } from "../block.js";
import { needs, needsIfGiven, needsSizes } from "../checks.js";

/** Items compared in a row: one positive and `negatives` sampled ones. -1 among either is padding. */
export interface SampledItems {
  readonly rows: number;
  /** (rows). A row without a positive (-1) counts for nothing. */
  readonly positives: Ints;
  /** (negatives) when `shared` by all rows, else (rows, negatives). */
  readonly negatives: Ints;
  /** How many negatives a row has. */
  readonly count: number;
  readonly shared: boolean;
}

/** The losses, in the order of the codes of assembly/sampled.ts. */
export const SAMPLED_LOSSES = ["softmax", "bpr", "bce"] as const;

/** How to score a row's positive against its negatives. */
export interface SampledLoss {
  /**
   * `softmax`: -log softmax of the positive over scores - log Q (Bengio & Senecal 2008). `bpr`: the mean over the negatives
   * of -log s(positive - negative) (Rendle et al. 2009). `bce`: -beta log s(positive) - sum of log(1 - s(negative)); with
   * beta = 1 binary cross-entropy, otherwise gBCE (Petrov & Macdonald 2023, eq. 7).
   */
  readonly kind: (typeof SAMPLED_LOSSES)[number];
  /** `softmax`: (items), the logarithm of each item's chance to be sampled; null: all equal. */
  readonly logQ?: Floats | null;
  /** `bce`: the power of the positive's probability; default 1. */
  readonly beta?: number;
  /** Keeps negatives that are the row's positive; default false: they are left out. */
  readonly keepHits?: boolean;
  /** (rows), what each row counts; null: 1. */
  readonly weights?: Floats | null;
}

/** Where the gradients go; what is left out is not computed. */
export interface SampledGradients {
  /** (rows, width), replaced. */
  readonly hidden?: Floats | null;
  /** (items, width), added to what is there. */
  readonly table?: Floats | null;
  /** (items), added to what is there. */
  readonly bias?: Floats | null;
}

/** Losses over sampled items: scores, the loss with the slopes of the scores, and the gradients from those. */
export interface SampledKernels {
  /** out (rows, 1 + count): h . e + b of the positive, then of the negatives; -infinity for padding. */
  readonly sampledScores: (
    out: Floats,
    hidden: Floats,
    table: Floats,
    bias: Floats | null,
    items: SampledItems,
    width: number,
  ) => void;
  /** losses (rows), and slopes (rows, 1 + count), the gradient of their sum; `slopes` may be `scores`. */
  readonly sampledLoss: (
    out: { readonly losses: Floats; readonly slopes: Floats },
    scores: Floats,
    items: SampledItems,
    loss: SampledLoss,
  ) => void;
  /** The gradients of hidden vectors, table and bias, given the slopes of the scores. */
  readonly sampledGradient: (
    out: SampledGradients,
    slopes: Floats,
    hidden: Floats,
    table: Floats,
    items: SampledItems,
    width: number,
  ) => void;
}

type IndexTest = (indices: Ints, low: number, high: number) => number;

/** The kernels with their shapes and items checked first. */
export function checkedSampled(body: SampledKernels, firstOutside: IndexTest): SampledKernels {
  const checkBlocks = (op: string, slopes: Floats, items: SampledItems, limit: number): void => {
    const { rows, positives, negatives, count, shared } = items;
    needsSizes(op, { rows, count });
    needs(slopes, rows * (count + 1), "scores (rows, 1 + count)", op);
    needs(positives, rows, "positives (rows)", op);
    needs(negatives, shared ? count : rows * count, "negatives", op);
    for (const block of [positives, negatives]) {
      const place = firstOutside(block, -1, limit);
      if (place < 0) continue;
      throw new PlatformError(
        "bad-config",
        `${op}: every item must be in [0, ${limit}) or -1, got ${block.array[place]} at ${place}.`,
      );
    }
  };
  return {
    sampledScores: (out, hidden, table, bias, items, width) => {
      needsSizes("sampledScores", { width });
      const limit = rowsOf(table, width);
      checkBlocks("sampledScores", out, items, limit);
      needs(hidden, items.rows * width, "sampledScores: hidden (rows, width)");
      needsIfGiven(bias, limit, "sampledScores: bias (items)");
      body.sampledScores(out, hidden, table, bias, items, width);
    },
    sampledLoss: (out, scores, items, loss) => {
      checkBlocks("sampledLoss", scores, items, loss.logQ?.length ?? 2 ** 31 - 1);
      needs(out.losses, items.rows, "sampledLoss: out.losses (rows)");
      needs(out.slopes, items.rows * (items.count + 1), "sampledLoss: out.slopes (rows, 1 + count)");
      needsIfGiven(loss.weights, items.rows, "sampledLoss: weights (rows)");
      lossCode(loss.kind);
      if (!((loss.beta ?? 1) >= 0)) {
        throw new PlatformError("bad-config", `sampledLoss: beta must be at least 0, got ${loss.beta}.`);
      }
      body.sampledLoss(out, scores, items, loss);
    },
    sampledGradient: (out, slopes, hidden, table, items, width) => {
      needsSizes("sampledGradient", { width });
      const limit = rowsOf(table, width);
      checkBlocks("sampledGradient", slopes, items, limit);
      needs(hidden, items.rows * width, "sampledGradient: hidden (rows, width)");
      needsIfGiven(out.hidden, items.rows * width, "sampledGradient: out.hidden (rows, width)");
      needsIfGiven(out.table, limit * width, "sampledGradient: out.table (items, width)");
      needsIfGiven(out.bias, limit, "sampledGradient: out.bias (items)");
      body.sampledGradient(out, slopes, hidden, table, items, width);
    },
  };
}

function rowsOf(table: Floats, width: number): number {
  return width === 0 ? 0 : Math.floor(table.length / width);
}

/** The number by which the module knows a loss. */
export function lossCode(kind: SampledLoss["kind"]): number {
  const code = SAMPLED_LOSSES.indexOf(kind);
  if (code >= 0) return code;
  throw new PlatformError("bad-config", `a sampled loss must be one of ${SAMPLED_LOSSES.join(", ")}, got ${kind}.`);
}
