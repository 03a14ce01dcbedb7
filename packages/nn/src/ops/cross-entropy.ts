import { activeSequitur, type SequiturBackend } from "../backend/sequitur-backend.js";
import { tf } from "../tensors.js";
import { differentiable, isRecording, timesUpstream } from "./differentiable.js";
import { checkInt, checkShape } from "./shapes.js";

export interface CrossEntropyTerms {
  /** (N) added to the scores of the rows. */
  readonly bias?: tf.Tensor1D;
}

/**
 * Mean over m of -ln softmax(x[m] . table + bias)[targets[m]]: x (M, D), table (N, D), targets (M) int32. Target -1 is
 * padding and counts nothing; 0 when there is nothing else.
 */
export function softmaxCrossEntropy(
  x: tf.Tensor2D,
  table: tf.Tensor2D,
  targets: tf.Tensor1D,
  terms: CrossEntropyTerms = {},
): tf.Scalar {
  checkShape("x", x, [-1, -1]);
  checkShape("table", table, [-1, x.shape[1]]);
  checkShape("targets", targets, [x.shape[0]]);
  checkInt("targets", targets);
  if (terms.bias !== undefined) checkShape("bias", terms.bias, [table.shape[0]]);
  const backend = activeSequitur();
  return backend === undefined
    ? composedSoftmaxCrossEntropy(x, table, targets, terms)
    : fusedSoftmaxCrossEntropy(backend, x, table, targets, terms);
}

/** One pass over row blocks gives the loss and, where a tape records, every gradient: no logits are kept. */
function fusedSoftmaxCrossEntropy(
  backend: SequiturBackend,
  x: tf.Tensor2D,
  table: tf.Tensor2D,
  targets: tf.Tensor1D,
  { bias }: CrossEntropyTerms,
): tf.Scalar {
  const { kernels, engine } = backend;
  const [rows, width] = x.shape;
  const shape = { rows, width, items: table.shape[0] };
  const inputs = bias === undefined ? [x, table] : [x, table, bias];
  return differentiable<tf.Scalar>(
    inputs,
    (save) => {
      const gradients = isRecording() ? inputs.map((input) => backend.output(input.shape)) : [];
      for (const { block } of gradients.slice(1)) kernels.fill(block, 0);
      const loss = backend.output([]);
      engine.memory.withScratch((scratch) => {
        const [losses, weights] = [scratch.floats(rows), scratch.floats(rows)];
        kernels.fill(weights, 1 / Math.max(1, validRows(backend.ints(targets).array)));
        const [hidden, into, shift] = gradients.map(({ block }) => block);
        const results = { losses, hidden: hidden ?? null, table: into ?? null, bias: shift ?? null };
        const added = bias === undefined ? null : backend.floats(bias);
        const from = [backend.floats(x), backend.floats(table)] as const;
        kernels.crossEntropy(results, ...from, added, backend.ints(targets), shape, weights);
        loss.block.array[0] = kernels.sum(losses);
      });
      save(gradients.map(({ tensor }) => tensor));
      return loss.tensor as tf.Scalar;
    },
    timesUpstream,
  );
}

function validRows(targets: Int32Array): number {
  let valid = 0;
  for (const target of targets) if (target >= 0) valid += 1;
  return valid;
}

/** Cross-entropy as stock operations, with all logits at once: see `softmaxCrossEntropy`. */
export function composedSoftmaxCrossEntropy(
  x: tf.Tensor2D,
  table: tf.Tensor2D,
  targets: tf.Tensor1D,
  { bias }: CrossEntropyTerms = {},
): tf.Scalar {
  const raw = tf.matMul(x, table, false, true);
  const logits = bias === undefined ? raw : tf.add(raw, bias);
  const hot = tf.cast(tf.oneHot(targets, table.shape[0]), "float32");
  const valid = tf.cast(tf.greaterEqual(targets, 0), "float32");
  const losses = tf.sub(tf.logSumExp(logits, 1), tf.sum(tf.mul(logits, hot), 1));
  return tf.div(tf.sum(tf.mul(losses, valid)), tf.maximum(tf.sum(valid), 1));
}
