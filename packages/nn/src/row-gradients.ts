import { tf } from "./tensors.js";

/**
 * Gradients of a table as the rows that were read, beside the tape. The tape knows dense gradients only: for a table of
 * a million rows it would fill and add a buffer of that size per step. So an op that reads rows of a sparse table puts
 * the table's anchor, a scalar, on the tape in the table's place. When the tape asks for the anchor's gradient, the op
 * deposits (rows, gradients of rows) here and answers zero.
 */
export interface RowGradient {
  /** (n) row of the table, may repeat; negative rows are skipped. */
  readonly rows: tf.Tensor;
  /** (n, D) gradient of each row; owned by the deposit. */
  readonly values: tf.Tensor;
}

interface Tracked {
  readonly anchor: tf.Variable;
  deposits: RowGradient[];
}

const tracked = new WeakMap<tf.Variable, Tracked>();

export function trackRowGradients(table: tf.Variable): void {
  tracked.set(table, { anchor: tf.tidy(() => tf.variable(tf.scalar(0))), deposits: [] });
}

export function forgetRowGradients(table: tf.Variable): void {
  const entry = tracked.get(table);
  if (entry === undefined) return;
  for (const deposit of takeRowGradients(table)) disposeRowGradient(deposit);
  entry.anchor.dispose();
  tracked.delete(table);
}

/** The scalar that stands for the table on the tape; undefined when the table's gradient is dense. */
export function rowAnchor(table: tf.Tensor): tf.Variable | undefined {
  return tracked.get(table as tf.Variable)?.anchor;
}

/** Called within a gradient function; keeps both tensors alive until they are taken. */
export function depositRowGradient(table: tf.Tensor, rows: tf.Tensor, values: tf.Tensor): void {
  tracked.get(table as tf.Variable)!.deposits.push({ rows: tf.keep(rows.clone()), values: tf.keep(values.clone()) });
}

/** Hands over what was deposited since the last call, in order of deposit; the caller disposes it. */
export function takeRowGradients(table: tf.Variable): RowGradient[] {
  const entry = tracked.get(table);
  if (entry === undefined) return [];
  const taken = entry.deposits;
  entry.deposits = [];
  return taken;
}

export function disposeRowGradient(gradient: RowGradient): void {
  gradient.rows.dispose();
  gradient.values.dispose();
}
