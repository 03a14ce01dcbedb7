import { Random } from "@sequitur/core";
import { innerProduct, rowOf, type FactorTables } from "../serving/factor-tables.js";
import type { Folded, FoldIn } from "./fold-in.js";
import { logisticVector } from "./logistic-vector.js";

export interface LogisticFoldInOptions {
  /** `pair`: a positive above an unvoted item, as BPR; `point`: each on its side of 0, as BPO. */
  readonly kind: "pair" | "point";
  readonly userDecay: number;
  readonly itemDecay: number;
}

/** Unvoted pairs for every positive, and at least so many pairs in all; their draws are the fit's only random part. */
const UNVOTED = 8;
const LEAST_PAIRS = 256;
/** Steps of the solver. Trained vectors are not at their optimum either; more steps move away from them. */
const STEPS = 30;

/** Fits the new vector to the objective of the training, with everything else held fixed. */
export function logisticFoldIn(options: LogisticFoldInOptions): FoldIn {
  return {
    user: (tables, items, values) => folded(userVector(tables, items, values, options), tables.factors),
    item: (tables, users) => folded(itemVector(tables, users, options), tables.factors),
  };
}

/** A bias is one more factor, beside which the other side has 1. */
function folded(fitted: Float32Array, factors: number): Folded {
  return { vector: fitted.subarray(0, factors), bias: fitted[factors] ?? 0 };
}

function userVector(
  tables: FactorTables,
  items: Int32Array,
  values: Float32Array | undefined,
  options: LogisticFoldInOptions,
): Float32Array {
  const { factors, items: table, bias, userBias } = tables;
  const size = table.length / factors;
  const width = userBias === undefined ? factors : factors + 1;
  const own = new Set(items);
  if (own.size === 0 || own.size === size) return new Float32Array(width);
  const random = new Random("fold in");
  const turns = Math.max(UNVOTED, Math.ceil(LEAST_PAIRS / items.length));
  const pairs = pairBuilder(width);
  const largest = values?.reduce((most, value) => Math.max(most, value), 0) ?? 1;
  // The item of the largest value takes part in every turn, others in their share of the turns.
  const takesPart = (at: number, turn: number): boolean => {
    const share = (values?.[at] ?? largest) / largest;
    return Math.floor((turn + 1) * share) > Math.floor(turn * share);
  };
  for (let turn = 0; turn < turns; turn++) {
    for (const [at, positive] of items.entries()) {
      if (!takesPart(at, turn)) continue;
      const unvoted = drawOutside(own, size, random);
      if (options.kind === "pair") {
        const gap = (bias?.[positive] ?? 0) - (bias?.[unvoted] ?? 0);
        pairs.add(1, gap, rowOf(table, factors, positive), rowOf(table, factors, unvoted));
      } else {
        pairs.add(1, bias?.[positive] ?? 0, withOne(rowOf(table, factors, positive), width));
        pairs.add(-1, bias?.[unvoted] ?? 0, withOne(rowOf(table, factors, unvoted), width));
      }
    }
  }
  return logisticVector({ ...pairs.done(), width, decay: options.userDecay, steps: STEPS });
}

/**
 * The item beside items that are there already. As a pair its users should score it above a random item; others score
 * it below one, which they do in the training once in N draws only.
 */
function itemVector(tables: FactorTables, users: Int32Array, options: LogisticFoldInOptions): Float32Array {
  const { factors, users: table, items, bias, userBias } = tables;
  const width = bias === undefined ? factors : factors + 1;
  const [userCount, itemCount] = [table.length / factors, items.length / factors];
  const own = new Set(users);
  if (own.size === 0 || itemCount === 0) return new Float32Array(width);
  const random = new Random("fold in");
  const turns = Math.max(UNVOTED, Math.ceil(LEAST_PAIRS / users.length));
  const pairs = pairBuilder(width);
  const level = (user: number): number => {
    if (options.kind === "point") return -(userBias?.[user] ?? 0);
    const item = random.integer(itemCount);
    return innerProduct(rowOf(table, factors, user), rowOf(items, factors, item)) + (bias?.[item] ?? 0);
  };
  const add = (sign: 1 | -1, user: number): void =>
    pairs.add(sign, -level(user), withOne(rowOf(table, factors, user), width));
  // Of `turns` unvoted draws of a user with n interactions, turns / N hit this item: the average user stands for all.
  const unvoted = Math.max(1, Math.round((turns * users.length * Math.min(1, userCount / itemCount)) / 4));
  for (let turn = 0; turn < turns; turn++) for (const user of users) add(1, user);
  if (own.size < userCount) for (let turn = 0; turn < unvoted; turn++) add(-1, drawOutside(own, userCount, random));
  return logisticVector({ ...pairs.done(), width, decay: options.itemDecay, steps: STEPS });
}

function withOne(row: Float32Array, width: number): Float32Array {
  if (row.length === width) return row;
  const out = new Float32Array(width).fill(1);
  out.set(row);
  return out;
}

/** Uniform outside the set, which must not hold everything. */
function drawOutside(own: ReadonlySet<number>, size: number, random: Random): number {
  let drawn = random.integer(size);
  while (own.has(drawn)) drawn = random.integer(size);
  return drawn;
}

function pairBuilder(width: number) {
  const rows: number[] = [];
  const offsets: number[] = [];
  const signs: number[] = [];
  return {
    /** row, or row - other. */
    add(sign: 1 | -1, offset: number, row: Float32Array, other?: Float32Array): void {
      signs.push(sign);
      offsets.push(offset);
      for (let k = 0; k < width; k++) rows.push(row[k]! - (other?.[k] ?? 0));
    },
    done: () => ({ rows: Float32Array.from(rows), offsets: Float32Array.from(offsets), signs: Int8Array.from(signs) }),
  };
}
