import { PlatformError } from "@sequitur/core";
import { type Floats, type Ints, type Words } from "../block.js";
import { needs, needsIfGiven, needsIndices, needsSizes } from "../checks.js";
import { positiveFilterLength } from "./positive-filter.js";

/** What a sampled pair or triple is updated by; formulas at `FactoriseKernels.factorise`. */
export const FACTORISE_OBJECTIVES = ["bpr", "bpo", "nbpo", "nbpo-original", "nbpo-surrogate", "warp"] as const;
export type FactoriseObjective = (typeof FACTORISE_OBJECTIVES)[number];

/** Floats of statistics for every chunk of FACTORISE_CHUNK samples. */
export const FACTORISE_STATS = 8;
export const FACTORISE_CHUNK = 4096;
/** Rows of a window at least; WINDOW of assembly/factorise.ts. */
const WINDOW = 32_768;

/**
 * Windows that this many rows are cut into. The chunks of one call draw from them in turn, so a call with a multiple of
 * windows * FACTORISE_CHUNK samples draws from all rows alike.
 */
export function factoriseWindows(rows: number): number {
  return Math.max(1, Math.floor(rows / WINDOW));
}

/** Floats that `stats` needs for this many samples. */
export function factoriseStatsLength(samples: number): number {
  return Math.ceil(samples / FACTORISE_CHUNK) * FACTORISE_STATS;
}

/** The interactions to learn from, laid out for sampling; `positiveFilter` fills the last. */
export interface PositiveRows {
  readonly users: number;
  readonly items: number;
  readonly count: number;
  /** (count, 2) user and item of each interaction; speed wants them sorted by user. */
  readonly pairs: Ints;
  /** (users + 1) and (count): the items of each user, ascending. */
  readonly offsets: Ints;
  readonly sortedItems: Ints;
  /** (positiveFilterLength(count)) a bit is set for every interaction, by `positiveFilter`. */
  readonly filter: Words;
}

/** Factors, updated in place. Widths are multiples of 4; unused columns are zero and stay so. */
export interface Factors {
  readonly width: number;
  /** (users, width) */
  readonly users: Floats;
  /** (items, width) */
  readonly items: Floats;
  /** (items) added to scores; absent: none. */
  readonly bias?: Floats | undefined;
  /** (users) added to the scores of point-wise objectives; absent: none. In the others it would cancel. */
  readonly userBias?: Floats | undefined;
}

export interface FactoriseOptions {
  readonly objective: FactoriseObjective;
  /** Interactions to draw with replacement, uniformly within a window; the windows take turns (`factoriseWindows`). */
  readonly samples: number;
  /** Unvoted items per interaction (point-wise), or most draws (warp); at least 1. */
  readonly negatives: number;
  /** Unvoted items drawn for one kept, the one with the highest score (dynamic negative sampling); at least 1. */
  readonly candidates: number;
  /** The draws; an unsigned 32-bit integer. */
  readonly seed: number;
  /** Learning rate and L2 decays: every update also does x -= learningRate * decay * x. */
  readonly learningRate: number;
  readonly userDecay: number;
  readonly itemDecay: number;
  readonly biasDecay: number;
  /** Walker's alias tables of the negative sampler; absent: uniform. */
  readonly alias?: { readonly keep: Floats; readonly other: Ints } | undefined;
  /** (items) subtracted from scores while training (log Q of a non-uniform sampler). */
  readonly logits?: Floats | undefined;
  /** Flip factors of the NBPO family, with their own learning rate and decay; the flip logit is bias + P_u . Q_i. */
  readonly flips?: {
    readonly factors: Omit<Factors, "bias" | "userBias">;
    readonly learningRate: number;
    readonly decay: number;
    readonly bias: number;
  };
}

/** What a run of updates saw, summed over its samples. */
export interface FactoriseTotals {
  readonly updates: number;
  /** Samples without an update: no unvoted item found, or (warp) no violation. */
  readonly skipped: number;
  /** Updates whose positive scored above its negative before the update; for warp the samples without a violation. */
  readonly ordered: number;
  readonly gammaPositive: number;
  readonly gammaUnvoted: number;
}

export interface AlsShape {
  readonly rows: number;
  readonly columns: number;
  /** A multiple of 4, at most 1024. */
  readonly width: number;
  /** Conjugate-gradient steps a row. */
  readonly steps: number;
  /** Extra confidence of every interaction when `extra` is absent. */
  readonly weight: number;
  readonly decay: number;
}

export interface FactoriseKernels {
  /**
   * `samples` stochastic ascent steps in place. With score R = U_u . V_x + bias_x + userBias_u - logit_x and s = sigmoid(R):
   * bpr (Rendle et al. 2009): c = sigmoid(R_uj - R_ui); U_u += learningRate c (V_i - V_j), V_i += learningRate c U_u, V_j -= learningRate c U_u.
   * bpo, nbpo...: coefficients of Yu & Qin 2020 on the positive, then on each unvoted item.
   * warp (Weston et al. 2011): the first drawn j with R_uj > R_ui - 1, weighted by ln(1 + (items - 1) / draws).
   * Draws depend on the seed alone. With one thread the result repeats bit by bit; more threads update the shared rows
   * without locks, so that results agree in quality and not in bits. `stats` (factoriseStatsLength) is overwritten.
   */
  readonly factorise: (
    stats: Floats,
    factors: Factors,
    rows: PositiveRows,
    options: FactoriseOptions,
  ) => FactoriseTotals;
  /** Clears `filter` (positiveFilterLength(rows)) and sets the bits of every user's items; offsets (users + 1). */
  readonly positiveFilter: (filter: Words, offsets: Ints, sortedItems: Ints, users: number) => void;
  /**
   * One half step of implicit ALS (Hu et al. 2008) by conjugate gradients from the present x (Takacs et al. 2011):
   * (Y'Y + decay I + sum w_i y_i y_i') x_u = sum (1 + w_i) y_i over the columns i of row u, w = extra or `weight`.
   * x (rows, width) in place; y (columns, width); gram (width, width) = Y'Y; a row without columns becomes 0.
   */
  readonly alsRows: (
    x: Floats,
    y: Floats,
    gram: Floats,
    offsets: Ints,
    columns: Ints,
    extra: Floats | undefined,
    shape: AlsShape,
  ) => void;
}

/** The kernels with their shapes checked first. Indices are checked once per set of rows, not per call. */
export function checkedFactorise(body: FactoriseKernels): FactoriseKernels {
  const known = new WeakSet<PositiveRows>();
  return {
    factorise: (stats, factors, rows, options) => {
      if (!known.has(rows)) {
        checkRows(rows);
        known.add(rows);
      }
      checkFactors("factorise", factors, rows);
      checkOptions(options, rows);
      needs(stats, factoriseStatsLength(options.samples), "factorise: stats");
      return body.factorise(stats, factors, rows, options);
    },
    positiveFilter: (filter, offsets, sortedItems, users) => {
      needsSizes("positiveFilter", { users });
      const entries = needsOffsets("positiveFilter: offsets", offsets, users);
      needs(sortedItems, entries, "positiveFilter: sortedItems");
      needs(filter, positiveFilterLength(entries), "positiveFilter: filter");
      body.positiveFilter(filter, offsets, sortedItems, users);
    },
    alsRows: (x, y, gram, offsets, columns, extra, shape) => {
      const { rows, width, steps } = shape;
      needsSizes("alsRows", { rows, columns: shape.columns, width, steps });
      needsWidth("alsRows", width, 1024);
      needs(x, rows * width, "alsRows: x (rows x width)");
      needs(y, shape.columns * width, "alsRows: y (columns x width)");
      needs(gram, width * width, "alsRows: gram (width x width)");
      const entries = needsOffsets("alsRows: offsets", offsets, rows);
      needs(columns, entries, "alsRows: columns");
      needsIndices(columns.array, entries, shape.columns, "alsRows: columns");
      needsIfGiven(extra, entries, "alsRows: extra");
      body.alsRows(x, y, gram, offsets, columns, extra, shape);
    },
  };
}

function checkRows(rows: PositiveRows): void {
  const { users, items, count, pairs, offsets, sortedItems, filter } = rows;
  needsSizes("factorise", { users, items, count });
  needs(pairs, 2 * count, "factorise: pairs (count x 2)");
  const entries = needsOffsets("factorise: offsets", offsets, users);
  needs(sortedItems, entries, "factorise: sortedItems");
  needsIndices(sortedItems.array, entries, items, "factorise: sortedItems");
  needs(filter, positiveFilterLength(entries), "factorise: filter");
  const at = pairs.array;
  for (let row = 0; row < count; row++) {
    const [user, item] = [at[2 * row], at[2 * row + 1]];
    const inRange = user >= 0 && user < users && item >= 0 && item < items;
    // A user without own rows has no bits in the filter to be asked about.
    if (inRange && offsets.array[user] < offsets.array[user + 1]) continue;
    throw new PlatformError(
      "bad-config",
      `factorise: pairs must be in [0, ${users}) x [0, ${items}) and in sortedItems, got (${user}, ${item}) at ${row}.`,
    );
  }
}

function checkFactors(op: string, factors: Factors, rows: PositiveRows): void {
  needsSizes(op, { width: factors.width });
  needsWidth(op, factors.width, 4096);
  needs(factors.users, rows.users * factors.width, `${op}: user factors (users x width)`);
  needs(factors.items, rows.items * factors.width, `${op}: item factors (items x width)`);
  needsIfGiven(factors.bias, rows.items, `${op}: bias (items)`);
  needsIfGiven(factors.userBias, rows.users, `${op}: userBias (users)`);
}

function checkOptions(options: FactoriseOptions, rows: PositiveRows): void {
  const { samples, negatives, candidates, alias, logits, flips } = options;
  needsSizes("factorise", { samples, negatives, candidates });
  if (negatives < 1 || candidates < 1) {
    throw new PlatformError(
      "bad-config",
      `factorise: negatives and candidates must be at least 1, got ${negatives} and ${candidates}.`,
    );
  }
  if (alias !== undefined) {
    needs(alias.keep, rows.items, "factorise: alias.keep");
    needs(alias.other, rows.items, "factorise: alias.other");
    needsIndices(alias.other.array, rows.items, rows.items, "factorise: alias.other");
  }
  needsIfGiven(logits, rows.items, "factorise: logits");
  if (flips !== undefined) checkFactors("factorise: flips", flips.factors, rows);
}

function needsWidth(op: string, width: number, limit: number): void {
  if (width >= 4 && width <= limit && width % 4 === 0) return;
  throw new PlatformError("bad-config", `${op}: width must be a multiple of 4 in [4, ${limit}], got ${width}.`);
}

/** Throws unless offsets ascend from 0; the number of entries they cover. */
function needsOffsets(what: string, offsets: Ints, rows: number): number {
  needs(offsets, rows + 1, what);
  const at = offsets.array;
  let before = 0;
  for (let row = 0; row <= rows; row++) {
    if (row === 0 ? at[0] !== 0 : at[row] < before) {
      throw new PlatformError("bad-config", `${what} must ascend from 0, got ${at[row]} at ${row}.`);
    }
    before = at[row];
  }
  return before;
}

/** Sums the per-chunk statistics of one run. */
export function factoriseTotals(stats: Float32Array, samples: number): FactoriseTotals {
  const sums = [0, 0, 0, 0, 0];
  for (let at = 0; at < factoriseStatsLength(samples); at += FACTORISE_STATS) {
    for (let column = 0; column < 5; column++) sums[column] += stats[at + column];
  }
  const [updates, skipped, ordered, gammaPositive, gammaUnvoted] = sums;
  return { updates, skipped, ordered, gammaPositive, gammaUnvoted };
}
