import type { Random } from "@sequitur/core";
import type { Engine, Factors, Floats } from "@sequitur/kernels";
import { paddedWidth } from "../serving/item-index.js";
import type { FactorTables } from "../serving/factor-tables.js";

/** Factors in the engine's memory while they are trained. */
export interface HeldFactors {
  readonly factors: number;
  readonly held: Factors;
  readonly flips: { readonly factors: number; readonly held: Factors; readonly bias: number } | undefined;
  /** The live values by name; padded, so for checkpoints and not for people. */
  readonly state: ReadonlyMap<string, Float32Array>;
  /** Copies without padding; a user without interactions gets zeros: not trained. */
  tables(userOffsets: Int32Array): FactorTables;
  release(): void;
}

export interface FactorShape {
  readonly users: number;
  readonly items: number;
  readonly factors: number;
  readonly bias: boolean;
  readonly userBias?: boolean | undefined;
  readonly flips?: { readonly factors: number; readonly bias: number } | undefined;
}

/** Draws the value of one element of a vector of `factors` elements. */
export type Initialiser = (random: Random, factors: number) => number;

/** Uniform in [0, 1) / sqrt(factors), as the authors of NBPO start all their models: scores begin near 1 / 4. */
export const positiveInit: Initialiser = (random, factors) => random.uniform() / Math.sqrt(factors);

/** Normal around 0, so that a vector's length is about `scale`. */
export function centredInit(scale: number): Initialiser {
  return (random, factors) => (scale * random.normal()) / Math.sqrt(factors);
}

/** Allocates and draws the start. The preference factors do not depend on whether there is a flip model. */
export function holdFactors(engine: Engine, shape: FactorShape, init: Initialiser, random: Random): HeldFactors {
  const { memory } = engine;
  const blocks: Floats[] = [];
  const draw = (name: string, rows: number, factors: number, from: Initialiser): Floats => {
    const width = paddedWidth(factors);
    const block = memory.floats(rows * width);
    blocks.push(block);
    const stream = random.fork(name);
    block.array.fill(0);
    for (let row = 0; row < rows; row++) {
      for (let k = 0; k < factors; k++) block.array[row * width + k] = from(stream, factors);
    }
    return block;
  };
  const zeros = (length: number): Floats => {
    const block = memory.floats(length);
    blocks.push(block);
    block.array.fill(0);
    return block;
  };
  const { users, items, factors } = shape;
  const held = {
    width: paddedWidth(factors),
    users: draw("users", users, factors, init),
    items: draw("items", items, factors, init),
    ...(shape.bias && { bias: zeros(items) }),
    ...(shape.userBias && { userBias: zeros(users) }),
  };
  const flips = shape.flips && {
    ...shape.flips,
    // gamma starts near 0.002 (Yu & Qin 2020): training begins almost as BPO.
    held: {
      width: paddedWidth(shape.flips.factors),
      users: draw("flip users", users, shape.flips.factors, (r, width) => (5 * r.uniform()) / Math.sqrt(width)),
      items: draw("flip items", items, shape.flips.factors, (r, width) => (-5 * r.uniform()) / Math.sqrt(width)),
    },
  };
  const state = new Map([
    ["users", held.users.array],
    ["items", held.items.array],
  ]);
  if (held.bias) state.set("bias", held.bias.array);
  if (held.userBias) state.set("user-bias", held.userBias.array);
  if (flips) state.set("flip-users", flips.held.users.array).set("flip-items", flips.held.items.array);
  return {
    factors,
    held,
    flips,
    state,
    tables: (userOffsets) => tablesOf(shape, held, flips, userOffsets),
    release: () => blocks.forEach((block) => memory.release(block)),
  };
}

function tablesOf(shape: FactorShape, held: Factors, flips: HeldFactors["flips"], offsets: Int32Array): FactorTables {
  const { users, items, factors } = shape;
  const userTable = trimmed(held.users.array, users, factors);
  for (let user = 0; user < users; user++) {
    if (offsets[user] === offsets[user + 1]) userTable.fill(0, user * factors, (user + 1) * factors);
  }
  return {
    factors,
    users: userTable,
    items: trimmed(held.items.array, items, factors),
    ...(held.bias && { bias: held.bias.array.slice() }),
    ...(held.userBias && { userBias: held.userBias.array.slice() }),
    ...(flips && {
      flips: {
        factors: flips.factors,
        bias: flips.bias,
        users: trimmed(flips.held.users.array, users, flips.factors),
        items: trimmed(flips.held.items.array, items, flips.factors),
      },
    }),
  };
}

function trimmed(padded: Float32Array, rows: number, factors: number): Float32Array {
  const width = paddedWidth(factors);
  if (width === factors) return padded.slice();
  const out = new Float32Array(rows * factors);
  for (let row = 0; row < rows; row++) {
    out.set(padded.subarray(row * width, row * width + factors), row * factors);
  }
  return out;
}

/** Whether every value is finite and none has grown absurd; `limit` bounds the mean square. */
export function isSane(engine: Engine, { held, flips }: HeldFactors, limit = 1e6): boolean {
  const biases = [held.bias, held.userBias].filter((block) => block !== undefined);
  const blocks = [held.users, held.items, ...biases, ...(flips ? [flips.held.users, flips.held.items] : [])];
  for (const block of blocks) {
    const mean = engine.kernels.sumOfSquares(block) / Math.max(1, block.length);
    if (!(mean <= limit)) return false;
  }
  return true;
}
