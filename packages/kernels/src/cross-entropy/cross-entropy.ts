import { PlatformError } from "@sequitur/core";
import { type Floats, type Ints } from "../block.js";
import { needs, needsIfGiven, needsSizes } from "../checks.js";

/** Sizes of a cross-entropy against a table of items. */
export interface CrossEntropyShape {
  readonly rows: number;
  readonly width: number;
  readonly items: number;
}

/** Where losses and gradients go; a gradient that is left out is not computed. */
export interface CrossEntropyResults {
  /** (rows): weight * -log softmax of the target; 0 where the target is -1. Their sum is the loss of the gradients. */
  readonly losses: Floats;
  /** (rows, width), replaced. */
  readonly hidden?: Floats | null;
  /** (items, width), added to what is there. */
  readonly table?: Floats | null;
  /** (items), added to what is there. */
  readonly bias?: Floats | null;
}

/** Softmax cross-entropy over all items, without ever holding all logits. */
export interface CrossEntropyKernels {
  /**
   * losses[r] = weights[r] * (log sum_j e^(h_r . e_j + b_j) - (h_r . e_t + b_t)), t = targets[r], and the gradients of
   * their sum. hidden (rows, width), table (items, width), bias (items) or null, weights (rows) or null for ones. A row
   * with target -1 counts for nothing.
   */
  readonly crossEntropy: (
    out: CrossEntropyResults,
    hidden: Floats,
    table: Floats,
    bias: Floats | null,
    targets: Ints,
    shape: CrossEntropyShape,
    weights?: Floats | null,
  ) => void;
}

/** The kernels with their shapes and targets checked first. */
export function checkedCrossEntropy(
  body: CrossEntropyKernels,
  firstOutside: (indices: Ints, low: number, high: number) => number,
): CrossEntropyKernels {
  return {
    crossEntropy: (out, hidden, table, bias, targets, shape, weights) => {
      const { rows, width, items } = shape;
      needsSizes("crossEntropy", { rows, width, items });
      needs(out.losses, rows, "crossEntropy: out.losses (rows)");
      needsIfGiven(out.hidden, rows * width, "crossEntropy: out.hidden (rows, width)");
      needsIfGiven(out.table, items * width, "crossEntropy: out.table (items, width)");
      needsIfGiven(out.bias, items, "crossEntropy: out.bias (items)");
      needs(hidden, rows * width, "crossEntropy: hidden (rows, width)");
      needs(table, items * width, "crossEntropy: table (items, width)");
      needsIfGiven(bias, items, "crossEntropy: bias (items)");
      needs(targets, rows, "crossEntropy: targets (rows)");
      needsIfGiven(weights, rows, "crossEntropy: weights (rows)");
      const place = firstOutside(targets, -1, items);
      if (place >= 0 && place < rows) {
        throw new PlatformError(
          "bad-config",
          `crossEntropy: every target must be in [0, ${items}) or -1, got ${targets.array[place]} at ${place}.`,
        );
      }
      body.crossEntropy(out, hidden, table, bias, targets, shape, weights);
    },
  };
}
