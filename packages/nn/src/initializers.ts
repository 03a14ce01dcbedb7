import { type Random } from "@sequitur/core";

/** Draws the start values of a parameter of the given size and shape, row-major. */
export type Initializer = (size: number, shape: readonly number[], random: Random) => Float32Array;

export const zeros: Initializer = (size) => new Float32Array(size);
export const ones: Initializer = (size) => new Float32Array(size).fill(1);

/** Normal with mean 0. */
export function normal(deviation: number): Initializer {
  return (size, _shape, random) => drawn(size, () => deviation * random.normal());
}

/** Uniform in [-bound, bound). */
export function uniform(bound: number): Initializer {
  return (size, _shape, random) => drawn(size, () => bound * (2 * random.uniform() - 1));
}

/** Uniform with bound sqrt(6 / (fanIn + fanOut)) for a matrix (fanIn, fanOut) (Glorot & Bengio 2010, eq. 16). */
export const glorotUniform: Initializer = (size, shape, random) => {
  const fanOut = shape.at(-1) ?? 1;
  const fanIn = shape.at(-2) ?? 1;
  return uniform(Math.sqrt(6 / (fanIn + fanOut)))(size, shape, random);
};

/** Uniform with bound 1 / sqrt(fanIn), fanIn being the second to last axis. */
export const fanInUniform: Initializer = (size, shape, random) =>
  uniform(1 / Math.sqrt(shape.at(-2) ?? 1))(size, shape, random);

/** Normal with deviation 1 / sqrt(D) for a table (N, D): rows of about unit length, whatever the width. */
export const unitRows: Initializer = (size, shape, random) =>
  normal(1 / Math.sqrt(shape.at(-1) ?? 1))(size, shape, random);

/** A loop, since Float32Array.from takes three times as long over a large table. */
function drawn(size: number, draw: () => number): Float32Array {
  const values = new Float32Array(size);
  for (let i = 0; i < size; i++) values[i] = draw();
  return values;
}
