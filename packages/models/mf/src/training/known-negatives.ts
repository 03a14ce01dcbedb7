import { NEGATIVE, type Interactions, type Random } from "@sequitur/core";
import { innerProduct } from "../serving/factor-tables.js";
import type { HeldFactors } from "./held-factors.js";

/** A negative moves at most so many times as far as a mean positive. */
const MOST = 4;

export interface NegativeStep {
  readonly learningRate: number;
  readonly userDecay: number;
  readonly itemDecay: number;
  readonly random: Random;
}

/**
 * One pass over what users said that they do not want: for each such (u, j) a positive i of u, or any item where there is
 * none, is ranked above j: ascends log sigmoid(R_ui - R_uj), at a rate in proportion to the negative's value.
 */
export function knownNegatives(whole: Interactions): ((held: HeldFactors, step: NegativeStep) => void) | undefined {
  const { role, value } = whole.context;
  if (role === undefined || !role.includes(NEGATIVE)) return undefined;
  const rows = rowsWhere(whole.size, (row) => role[row] === NEGATIVE);
  const positives = rowsWhere(whole.size, (row) => role[row] !== NEGATIVE);
  const meanValue = meanOf(positives, value);
  return (held, { learningRate, userDecay, itemDecay, random }) => {
    for (const row of rows) {
      const user = whole.users[row]!;
      const unwanted = whole.items[row]!;
      const wanted = drawWanted(whole, user, random);
      if (wanted === unwanted) continue;
      const own = learningRate * Math.min(MOST, (value?.[row] ?? 1) / meanValue);
      ascend(held, { user, wanted, unwanted }, { learningRate: own, userDecay, itemDecay });
    }
  };
}

function rowsWhere(size: number, keep: (row: number) => boolean): Int32Array {
  return Int32Array.from({ length: size }, (_, row) => row).filter(keep);
}

function meanOf(rows: Int32Array, value: Float32Array | undefined): number {
  if (value === undefined || rows.length === 0) return 1;
  return rows.reduce((sum, row) => sum + value[row]!, 0) / rows.length;
}

/** A positive of the user, else any item. */
function drawWanted({ items, userOffsets, catalog, context: { role } }: Interactions, user: number, random: Random) {
  const [from, to] = [userOffsets[user]!, userOffsets[user + 1]!];
  const start = random.integer(to - from);
  for (let step = 0; step < to - from; step++) {
    const row = from + ((start + step) % (to - from));
    if (role![row] !== NEGATIVE) return items[row]!;
  }
  return random.integer(catalog.items.size);
}

interface Pair {
  readonly user: number;
  readonly wanted: number;
  readonly unwanted: number;
}

function ascend(
  { held }: HeldFactors,
  { user, wanted, unwanted }: Pair,
  { learningRate, userDecay, itemDecay }: Omit<NegativeStep, "random">,
): void {
  const { width } = held;
  const rowOf = (block: { readonly array: Float32Array }, row: number): Float32Array =>
    block.array.subarray(row * width, (row + 1) * width);
  const [u, high, low] = [rowOf(held.users, user), rowOf(held.items, wanted), rowOf(held.items, unwanted)];
  const bias = held.bias?.array;
  const gap = innerProduct(u, high) - innerProduct(u, low) + (bias ? bias[wanted]! - bias[unwanted]! : 0);
  const c = 1 / (1 + Math.exp(gap));
  for (let k = 0; k < width; k++) {
    const [x, h, l] = [u[k]!, high[k]!, low[k]!];
    u[k] = x + learningRate * (c * (h - l) - userDecay * x);
    high[k] = h + learningRate * (c * x - itemDecay * h);
    low[k] = l + learningRate * (-c * x - itemDecay * l);
  }
  if (bias === undefined) return;
  bias[wanted]! += learningRate * c;
  bias[unwanted]! -= learningRate * c;
}
