import { PlatformError, type Interactions, type Report } from "@sequitur/core";
import { startEngine, type Engine } from "@sequitur/kernels";
import { pairValues, type FitRun, type SparseRows, transpose } from "@sequitur/recommender";
import { ageWeights } from "./half-life.js";
import { negateInverse } from "./engine-inverse.js";
import { invertSpd, mirrorLower, type InverseRun } from "./spd-inverse.js";

/** Items from which on starting an engine pays. */
const ENGINE_FROM = 400;
/** Largest bound on the condition number for float32: measured weights are off by 2e-9 times it, here 2e-4. */
const FLOAT32_CONDITION = 1e5;

/** The root of what a value says, with its sign: what x is for it. */
export function signedRoot(value: number): number {
  return Math.sign(value) * Math.sqrt(Math.abs(value));
}

/** The users of each item and the items of each user, once each, with the x of each pair. */
interface Incidence {
  readonly byUser: SparseRows;
  readonly byItem: SparseRows;
  readonly size: number;
}

/**
 * (N, N) B_ij = -P_ij / P_jj and 0 on the diagonal, with P = (X^T X + lambda I)^-1 (EASE^R, Steck 2019, eq. 8).
 * Large and well-conditioned: float32 on the compiled kernels, 8 bytes an item squared, 4.8 times the speed. Else float64.
 */
export async function easeWeights(
  train: Interactions,
  { lambda, halfLifeDays }: { readonly lambda: number; readonly halfLifeDays: number | null },
  run: FitRun,
): Promise<Float32Array> {
  const { items } = train.catalog;
  const pairs = pairValues(train, "users", "largest", ageWeights(train, halfLifeDays));
  const byUser = { ...pairs, values: pairs.values.map(signedRoot) };
  const incidence: Incidence = { byUser, byItem: transpose(byUser, items.size), size: items.size };
  const inverseRun = asInverseRun(run);
  if (items.size < ENGINE_FROM || conditionBound(incidence, lambda) > FLOAT32_CONDITION) {
    return exactWeights(incidence, lambda, inverseRun);
  }
  const engine = startEngine({ threads: run.threads ?? 1 });
  try {
    // Without WebAssembly the plain product is slower than the float64 sweeps, and less exact.
    if (engine.provider === "reference") return await exactWeights(incidence, lambda, inverseRun);
    return await engineWeights(incidence, lambda, engine, inverseRun);
  } finally {
    await engine.close();
  }
}

async function exactWeights(incidence: Incidence, lambda: number, run: InverseRun): Promise<Float32Array> {
  const { size } = incidence;
  const matrix = allocate(size);
  fillGram(matrix, incidence, lambda);
  await invertSpd(matrix, size, run);
  return weightsFrom(matrix, size);
}

async function engineWeights(
  incidence: Incidence,
  lambda: number,
  engine: Engine,
  run: InverseRun,
): Promise<Float32Array> {
  const { size } = incidence;
  const block = engine.memory.floats(size * size);
  block.array.fill(0);
  fillGram(block.array, incidence, lambda);
  mirrorLower(block.array, size);
  await negateInverse(block, size, engine, run);
  return weightsFrom(block.array, size);
}

/** Lower triangle of X^T X + lambda I in a matrix of zeros; counts below 2^24 are exact in float32 too. */
function fillGram(matrix: Float32Array | Float64Array, { byUser, byItem, size }: Incidence, lambda: number): void {
  const { columns, offsets, values } = byUser;
  for (let item = 0; item < size; item++) {
    const row = matrix.subarray(item * size, (item + 1) * size);
    for (let p = byItem.offsets[item]!; p < byItem.offsets[item + 1]!; p++) {
      const end = offsets[byItem.columns[p]! + 1]!;
      const own = byItem.values[p]!;
      row[item]! += own * own;
      for (let q = offsets[byItem.columns[p]!]!; q < end && columns[q]! < item; q++) {
        row[columns[q]!]! += own * values[q]!;
      }
    }
    row[item]! += lambda;
  }
}

/** The largest row sum of X^T X + lambda I over its smallest possible eigenvalue, lambda. */
function conditionBound({ byUser, byItem, size }: Incidence, lambda: number): number {
  let largest = 0;
  const sums = absoluteSums(byUser);
  for (let item = 0; item < size; item++) {
    let sum = 0;
    for (let p = byItem.offsets[item]!; p < byItem.offsets[item + 1]!; p++) {
      sum += Math.abs(byItem.values[p]!) * sums[byItem.columns[p]!]!;
    }
    largest = Math.max(largest, sum);
  }
  return (largest + lambda) / lambda;
}

function absoluteSums({ offsets, values }: SparseRows): Float64Array {
  const sums = new Float64Array(offsets.length - 1);
  for (let row = 0; row < sums.length; row++) {
    for (let p = offsets[row]!; p < offsets[row + 1]!; p++) sums[row]! += Math.abs(values[p]!);
  }
  return sums;
}

/** The same whether the inverse comes with its sign turned: B_ij = -P_ij / P_jj. */
function weightsFrom(inverse: Float32Array | Float64Array, size: number): Float32Array {
  const weights = new Float32Array(size * size);
  const scales = new Float64Array(size);
  for (let j = 0; j < size; j++) scales[j] = -1 / inverse[j * size + j]!;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) weights[i * size + j] = inverse[i * size + j]! * scales[j]!;
    weights[i * size + i] = 0;
  }
  return weights;
}

function allocate(size: number): Float64Array {
  try {
    return new Float64Array(size * size);
  } catch (cause) {
    const need = ((8 * size * size) / 1e9).toFixed(1);
    throw new PlatformError("out-of-memory", `ease: ${need} GB for ${size} items cannot be had.`, { cause });
  }
}

function asInverseRun({ signal, report }: FitRun): InverseRun {
  const renamed: Report | undefined = report && ((progress) => report({ ...progress, task: "fit ease" }));
  return { ...(signal && { signal }), ...(renamed && { report: renamed }) };
}
