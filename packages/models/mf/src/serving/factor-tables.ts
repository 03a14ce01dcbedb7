import { artifactTensor, type Artifact } from "@sequitur/recommender";
import type { Tensor } from "@sequitur/core";

/** A factorisation as plain numbers: score(u, i) = users[u] . items[i] + bias[i]. Row-major. */
export interface FactorTables {
  readonly factors: number;
  /** (U, factors); a row of zeros: the user was not trained. */
  readonly users: Float32Array;
  /** (N, factors). */
  readonly items: Float32Array;
  /** (N). */
  readonly bias?: Float32Array;
  /** (U) what sigmoid(score + userBias[u]), the probability of a point-wise model, needs besides; no ranking does. */
  readonly userBias?: Float32Array;
  /** The flip model of the NBPO family, for diagnosis: gamma_ui = sigmoid(bias + users[u] . items[i]). */
  readonly flips?: FlipTables;
}

export interface FlipTables {
  readonly factors: number;
  /** (U, factors). */
  readonly users: Float32Array;
  /** (N, factors). */
  readonly items: Float32Array;
  readonly bias: number;
}

/** The tables as the tensors of an artifact. */
export function tensorsOf(tables: FactorTables): Map<string, Tensor> {
  const { factors, users, items, bias, userBias, flips } = tables;
  const table = (data: Float32Array, width: number): Tensor => ({ shape: [data.length / width, width], data });
  const tensors = new Map([
    ["users", table(users, factors)],
    ["items", table(items, factors)],
  ]);
  if (bias !== undefined) tensors.set("bias", { shape: [bias.length], data: bias });
  if (userBias !== undefined) tensors.set("user-bias", { shape: [userBias.length], data: userBias });
  if (flips !== undefined) {
    tensors.set("flip-users", table(flips.users, flips.factors));
    tensors.set("flip-items", table(flips.items, flips.factors));
  }
  return tensors;
}

/** What an artifact must hold besides its catalogue. */
export interface TableShape {
  readonly factors: number;
  readonly bias: boolean;
  readonly userBias?: boolean | undefined;
  readonly flips?: { readonly factors: number; readonly bias: number };
}

/** Reads what `tensorsOf` wrote; `bad-artifact` names a tensor that is missing or of the wrong shape. */
export function tablesFrom(artifact: Artifact, shape: TableShape): FactorTables {
  const { users, items } = artifact.catalog;
  const table = (name: string, rows: number, width: number): Float32Array =>
    artifactTensor(artifact, name, Float32Array, [rows, width]);
  const { factors, flips } = shape;
  return {
    factors,
    users: table("users", users.size, factors),
    items: table("items", items.size, factors),
    ...(shape.bias && { bias: artifactTensor(artifact, "bias", Float32Array, [items.size]) }),
    ...(shape.userBias && { userBias: artifactTensor(artifact, "user-bias", Float32Array, [users.size]) }),
    ...(flips && {
      flips: {
        factors: flips.factors,
        bias: flips.bias,
        users: table("flip-users", users.size, flips.factors),
        items: table("flip-items", items.size, flips.factors),
      },
    }),
  };
}

/** Row `at` of a table. */
export function rowOf(table: Float32Array, width: number, at: number): Float32Array {
  return table.subarray(at * width, (at + 1) * width);
}

/** x . y. */
export function innerProduct(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let sum = 0;
  for (let k = 0; k < x.length; k++) sum += x[k]! * y[k]!;
  return sum;
}
