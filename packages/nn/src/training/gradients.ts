import { activeSequitur } from "../backend/sequitur-backend.js";
import { type Parameters } from "../parameters.js";
import { disposeRowGradient, rowAnchor, takeRowGradients, type RowGradient } from "../row-gradients.js";
import { sumRows } from "../ops/embedding.js";
import { tf } from "../tensors.js";
import { mergeRows, type MergedRows } from "./merge-rows.js";

/** Gradients by parameter name: dense, or the touched rows of a sparse table. */
export interface Gradients {
  readonly dense: ReadonlyMap<string, tf.Tensor>;
  readonly rows: ReadonlyMap<string, MergedRows>;
}

/** Sums the gradients of one or more batches; `finish` gives their mean. */
export class GradientSum {
  private readonly parameters: Parameters;
  private readonly variables: tf.Variable[];
  private dense = new Map<string, tf.Tensor>();
  private deposits = new Map<string, RowGradient[]>();
  private batches = 0;

  constructor(parameters: Parameters) {
    this.parameters = parameters;
    this.variables = parameters.all().flatMap(({ variable }) => {
      const anchor = rowAnchor(variable);
      return anchor === undefined ? [variable] : [variable, anchor];
    });
  }

  /** Runs the loss once, adds its gradients, and gives its value. */
  add(loss: () => tf.Scalar): number {
    const { value, grads } = tf.variableGrads(loss, this.variables);
    this.batches += 1;
    for (const { name, variable, sparse } of this.parameters.all()) {
      if (sparse) this.addDeposits(name, takeRowGradients(variable));
      // Absent where the loss did not reach the variable.
      const gradient = grads[variable.name] as tf.Tensor | undefined;
      if (gradient !== undefined) this.addDense(name, gradient);
      const anchor = rowAnchor(variable);
      if (anchor !== undefined) (grads[anchor.name] as tf.Tensor | undefined)?.dispose();
    }
    const number = value.dataSync()[0];
    value.dispose();
    return number;
  }

  /** The mean over the batches added since the last call; the caller disposes it. */
  finish(): Gradients {
    const rows = new Map<string, MergedRows>();
    for (const [name, deposits] of this.deposits) {
      const { variable } = this.parameters.get(name);
      const merged = mergeRows(deposits, variable.shape[0]);
      const dense = this.dense.get(name);
      if (dense === undefined) rows.set(name, merged);
      else {
        // Part of the loss read the whole table: the rows join its dense gradient.
        const spread = sumRows(merged.values, merged.rows, variable.shape[0]);
        this.dense.set(name, tf.add(dense, spread));
        tf.dispose([dense, spread, merged.rows, merged.values]);
      }
    }
    const gradients = { dense: this.dense, rows };
    if (this.batches > 1) scaleGradients(gradients, 1 / this.batches);
    this.dense = new Map();
    this.deposits = new Map();
    this.batches = 0;
    return gradients;
  }

  /** Drops what was added since the last `finish`. */
  dispose(): void {
    tf.dispose([...this.dense.values()]);
    for (const deposits of this.deposits.values()) deposits.forEach(disposeRowGradient);
    this.dense = new Map();
    this.deposits = new Map();
    this.batches = 0;
  }

  private addDense(name: string, gradient: tf.Tensor): void {
    const sum = this.dense.get(name);
    if (sum === undefined) {
      this.dense.set(name, gradient);
      return;
    }
    this.dense.set(name, tf.add(sum, gradient));
    tf.dispose([sum, gradient]);
  }

  private addDeposits(name: string, deposits: readonly RowGradient[]): void {
    if (deposits.length === 0) return;
    const list = this.deposits.get(name);
    if (list === undefined) this.deposits.set(name, [...deposits]);
    else for (const deposit of deposits) list.push(deposit);
  }
}

function scaleGradients(gradients: { dense: Map<string, tf.Tensor>; rows: Map<string, MergedRows> }, by: number): void {
  for (const [name, gradient] of gradients.dense) {
    gradients.dense.set(name, tf.mul(gradient, by));
    gradient.dispose();
  }
  for (const [name, { rows, values }] of gradients.rows) {
    gradients.rows.set(name, { rows, values: tf.mul(values, by) });
    values.dispose();
  }
}

/** The Euclidean norm of all gradients together. */
export function gradientNorm({ dense, rows }: Gradients): number {
  let sum = 0;
  for (const gradient of [...dense.values(), ...[...rows.values()].map(({ values }) => values)]) {
    sum += sumOfSquares(gradient);
  }
  return Math.sqrt(sum);
}

export function disposeGradients({ dense, rows }: Gradients): void {
  tf.dispose([...dense.values()]);
  for (const merged of rows.values()) tf.dispose([merged.rows, merged.values]);
}

function sumOfSquares(x: tf.Tensor): number {
  const backend = activeSequitur();
  if (backend !== undefined) return backend.kernels.sumOfSquares(backend.floats(x));
  const squares = tf.tidy(() => tf.sum(tf.square(x)));
  const [sum] = squares.dataSync();
  squares.dispose();
  return sum;
}
