import { type Floats, type Ints, type Scratch } from "@sequitur/kernels";
import { activeSequitur, type SequiturBackend } from "../backend/sequitur-backend.js";
import { bprLoss, gbcePower, weighedBce, type GbceOptions } from "../losses/pairwise.js";
import { depositRowGradient, rowAnchor } from "../row-gradients.js";
import { tf } from "../tensors.js";
import { differentiable, isRecording, timesUpstream } from "./differentiable.js";
import { composedEmbedding, embedding } from "./embedding.js";
import { checkInt, checkShape } from "./shapes.js";

/**
 * What each of M states is compared on. Every loss here is the mean over the m with a target, 0 for none, of states
 * x (M, D) against rows of a table (N, D). Negatives that are -1, or the target itself, are left out.
 */
export interface SampledTargets {
  /** (M) int32 the true row; -1 is padding. */
  readonly targets: tf.Tensor1D;
  /** (K) int32 rows drawn once and shared by all M, or (M, K) drawn for each. */
  readonly negatives: tf.Tensor1D | tf.Tensor2D;
}

export interface SampledSoftmaxOptions {
  /** (N) logarithm of each row's chance to be drawn; equal chances when absent. */
  readonly logQ?: tf.Tensor1D;
}

/** Which formula turns scores into a loss. */
type Formula =
  | { readonly kind: "softmax"; readonly logQ?: tf.Tensor1D | undefined }
  | { readonly kind: "bpr" }
  | { readonly kind: "bce"; readonly beta: number };

type Loss = (x: tf.Tensor2D, table: tf.Tensor2D, sampled: SampledTargets) => tf.Scalar;

/**
 * Cross-entropy over the true row and the negatives, with scores corrected for how often a row is drawn, s - log Q
 * (Bengio & Senecal 2008; Yi et al. 2019).
 */
export function sampledSoftmax(
  x: tf.Tensor2D,
  table: tf.Tensor2D,
  sampled: SampledTargets,
  { logQ }: SampledSoftmaxOptions = {},
): tf.Scalar {
  if (logQ !== undefined) checkShape("logQ", logQ, [table.shape[0]]);
  return sampledLoss(x, table, sampled, { kind: "softmax", logQ });
}

/** `bprLoss` of scores against a table, as one operation. */
export const sampledBpr: Loss = (x, table, sampled) => sampledLoss(x, table, sampled, { kind: "bpr" });

/** `bceLoss` of scores against a table, as one operation. */
export const sampledBce: Loss = (x, table, sampled) => sampledLoss(x, table, sampled, { kind: "bce", beta: 1 });

/** `gbceLoss` of scores against a table, as one operation. */
export function sampledGbce(
  x: tf.Tensor2D,
  table: tf.Tensor2D,
  sampled: SampledTargets,
  options: GbceOptions,
): tf.Scalar {
  const beta = gbcePower(sampled.negatives.shape.at(-1)!, options);
  return sampledLoss(x, table, sampled, { kind: "bce", beta });
}

function sampledLoss(x: tf.Tensor2D, table: tf.Tensor2D, sampled: SampledTargets, formula: Formula): tf.Scalar {
  const { targets, negatives } = sampled;
  checkShape("x", x, [-1, -1]);
  checkShape("table", table, [-1, x.shape[1]]);
  checkShape("targets", targets, [x.shape[0]]);
  if (negatives.rank !== 1) checkShape("negatives", negatives, [x.shape[0], -1]);
  checkInt("targets", targets);
  checkInt("negatives", negatives);
  const backend = activeSequitur();
  return backend === undefined
    ? composedSampledLoss(x, table, sampled, formula)
    : fusedSampledLoss(backend, x, table, sampled, formula);
}

/** Scores, loss, slopes and, where a tape records, every gradient in one go. */
function fusedSampledLoss(
  backend: SequiturBackend,
  x: tf.Tensor2D,
  table: tf.Tensor2D,
  sampled: SampledTargets,
  formula: Formula,
): tf.Scalar {
  const { kernels, engine } = backend;
  const [rows, width] = x.shape;
  const anchor = rowAnchor(table);
  return differentiable<tf.Scalar>(
    [x, anchor ?? table],
    (save) => {
      const loss = backend.output([]);
      const saved: tf.Tensor[] = [];
      engine.memory.withScratch((scratch) => {
        const view =
          anchor === undefined
            ? wholeTable(backend, table, sampled, formula)
            : touchedRows(backend, scratch, table, sampled, formula);
        const count = sampled.negatives.shape.at(-1)!;
        const items = {
          rows,
          count,
          shared: sampled.negatives.rank === 1,
          positives: view.positives,
          negatives: view.negatives,
        };
        const [scores, losses, weights] = [
          scratch.floats(rows * (1 + count)),
          scratch.floats(rows),
          scratch.floats(rows),
        ];
        const hidden = backend.floats(x);
        kernels.fill(weights, rowWeight(view.positives.array, formula, count));
        kernels.sampledScores(scores, hidden, view.table, null, items, width);
        const how = { kind: formula.kind, logQ: view.logQ, beta: formula.kind === "bce" ? formula.beta : 1, weights };
        kernels.sampledLoss({ losses, slopes: scores }, scores, items, how);
        loss.block.array[0] = kernels.sum(losses);
        if (!isRecording()) return;
        const [dx, dTable] = [backend.output(x.shape), backend.output([view.table.length / width, width])];
        kernels.fill(dTable.block, 0);
        kernels.sampledGradient({ hidden: dx.block, table: dTable.block }, scores, hidden, view.table, items, width);
        saved.push(dx.tensor, dTable.tensor);
        if (view.rows !== undefined) saved.push(view.rows);
      });
      save(saved);
      return loss.tensor as tf.Scalar;
    },
    (dy, [dx, dTable, touched]) => {
      const [toX, toTable] = timesUpstream(dy, [dx, dTable]);
      if (anchor === undefined) return [toX, toTable];
      depositRowGradient(table, touched, toTable);
      return [toX, tf.scalar(0)];
    },
  );
}

/** The rows that a loss reads, with the places of targets and negatives among them. */
interface TableView {
  readonly table: Floats;
  readonly positives: Ints;
  readonly negatives: Ints;
  readonly logQ: Floats | null;
  /** (U) int32 which rows of the whole table these are; absent when they are the whole table. */
  readonly rows?: tf.Tensor;
}

function wholeTable(
  backend: SequiturBackend,
  table: tf.Tensor2D,
  sampled: SampledTargets,
  formula: Formula,
): TableView {
  return {
    table: backend.floats(table),
    positives: backend.ints(sampled.targets),
    negatives: backend.ints(sampled.negatives),
    logQ: formula.kind === "softmax" && formula.logQ ? backend.floats(formula.logQ) : null,
  };
}

/** A sparse table is cut down to its touched rows first, so that no gradient has the size of the whole. */
function touchedRows(
  backend: SequiturBackend,
  scratch: Scratch,
  table: tf.Tensor2D,
  { targets, negatives }: SampledTargets,
  formula: Formula,
): TableView {
  const { kernels } = backend;
  const [size, width] = table.shape;
  const count = targets.size + negatives.size;
  const [all, unique, places] = [scratch.ints(count), scratch.ints(count), scratch.ints(count)];
  all.array.set(backend.ints(targets).array);
  all.array.set(backend.ints(negatives).array, targets.size);
  const found = kernels.uniqueIndices(unique, places, all, size);
  const rows = unique.part(0, found);
  const read = (from: tf.Tensor, columns: number): Floats => {
    const out = scratch.floats(found * columns);
    kernels.gather(out, backend.floats(from), rows, columns);
    return out;
  };
  return {
    table: read(table, width),
    positives: places.part(0, targets.size),
    negatives: places.part(targets.size, negatives.size),
    logQ: formula.kind === "softmax" && formula.logQ ? read(formula.logQ, 1) : null,
    rows: tf.tensor1d(rows.array, "int32"),
  };
}

/** The share of one row in the mean; the terms of BCE are averaged too. */
function rowWeight(positives: Int32Array, formula: Formula, count: number): number {
  let valid = 0;
  for (const positive of positives) if (positive >= 0) valid += 1;
  return 1 / (Math.max(1, valid) * (formula.kind === "bce" ? 1 + count : 1));
}

const REMOVED = -1e9;

/** A sampled loss as stock operations. */
export function composedSampledLoss(
  x: tf.Tensor2D,
  table: tf.Tensor2D,
  { targets, negatives }: SampledTargets,
  formula: Formula,
): tf.Scalar {
  const shared = negatives.rank === 1;
  const positive = tf.squeeze(composedScoreRows(x, table, tf.expandDims(targets, 1)), [1]) as tf.Tensor1D;
  const rows = composedEmbedding(table, negatives);
  const scores: tf.Tensor2D = shared ? tf.matMul(x, rows, false, true) : rowDots(x, rows as tf.Tensor3D);
  const drawn = shared ? tf.expandDims(negatives, 0) : negatives;
  const isOther = tf.logicalAnd(tf.notEqual(drawn, tf.expandDims(targets, 1)), tf.greaterEqual(drawn, 0));
  const usable = tf.cast(isOther, "float32") as tf.Tensor2D;
  const valid = tf.cast(tf.greaterEqual(targets, 0), "float32") as tf.Tensor1D;
  if (formula.kind === "bpr") return bprLoss({ positive, negatives: scores, valid, usable });
  if (formula.kind === "bce") return weighedBce({ positive, negatives: scores, valid, usable }, formula.beta);
  const { logQ } = formula;
  const chance = (of: tf.Tensor): tf.Tensor =>
    logQ === undefined ? tf.zeros(of.shape) : tf.squeeze(composedEmbedding(tf.expandDims(logQ, 1), of), [-1]);
  const others = tf.add(tf.sub(scores, chance(drawn)), tf.mul(tf.sub(1, usable), REMOVED)) as tf.Tensor2D;
  const own = tf.sub(positive, chance(targets));
  const logits = tf.concat([tf.expandDims(own, 1) as tf.Tensor2D, others], 1);
  const losses = tf.sub(tf.logSumExp(logits, 1), own);
  return tf.div(tf.sum(tf.mul(losses, valid)), tf.maximum(tf.sum(valid), 1));
}

/** Scores of given rows: x (M, D), table (N, D), items (M, K) int32 -> x[m] . table[items[m, k]], (M, K); 0 for item -1. */
export function scoreRows(x: tf.Tensor2D, table: tf.Tensor2D, items: tf.Tensor2D): tf.Tensor2D {
  checkShape("items", items, [x.shape[0], -1]);
  return rowDots(x, embedding(table, items) as tf.Tensor3D);
}

/** The scores as stock operations: see `scoreRows`. */
export function composedScoreRows(x: tf.Tensor2D, table: tf.Tensor2D, items: tf.Tensor2D): tf.Tensor2D {
  return rowDots(x, composedEmbedding(table, items) as tf.Tensor3D);
}

/** x[m] . rows[m, k]. */
function rowDots(x: tf.Tensor2D, rows: tf.Tensor3D): tf.Tensor2D {
  return tf.squeeze(tf.matMul(rows, tf.expandDims(x, 2) as tf.Tensor3D), [2]);
}
