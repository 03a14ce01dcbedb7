import { type Floats, type SparseRows } from "@sequitur/kernels";
import { activeSequitur, type SequiturBackend } from "../backend/sequitur-backend.js";
import { type tf } from "../tensors.js";
import { type MergedRows } from "../training/merge-rows.js";
import { type AdagradRule } from "./adagrad.js";
import { type AdamRule } from "./adam.js";
import { type SgdRule } from "./sgd.js";
import { type UpdateRule, type UpdateStep } from "./update-rule.js";

type KnownRule = AdamRule | AdagradRule | SgdRule;

/** One kernel call that updates weights and slots in place; false where there is none and stock operations must. */
export function fusedDenseUpdate(
  rule: UpdateRule,
  weights: tf.Variable,
  slots: readonly tf.Variable[],
  gradient: tf.Tensor,
  scale: number,
  step: UpdateStep,
): boolean {
  const backend = activeSequitur();
  if (backend === undefined || !isKnown(rule)) return false;
  withScaled(backend, gradient, scale, (scaled) => {
    const state = slots.map((slot) => backend.ownFloats(slot));
    update(backend, rule, backend.ownFloats(weights), scaled, state, step, null);
  });
  return true;
}

/** The same for the touched rows of a table. */
export function fusedRowUpdate(
  rule: UpdateRule,
  weights: tf.Variable,
  slots: readonly tf.Variable[],
  merged: MergedRows,
  scale: number,
  step: UpdateStep,
): boolean {
  const backend = activeSequitur();
  if (backend === undefined || !isKnown(rule)) return false;
  const [count, width] = merged.values.shape;
  withScaled(backend, merged.values, scale, (scaled) => {
    const state = slots.map((slot) => backend.ownFloats(slot));
    const rows = { indices: backend.ints(merged.rows), count, width };
    update(backend, rule, backend.ownFloats(weights), scaled, state, step, rows);
  });
  return true;
}

/** average = decay average + (1 - decay) weights, in place; false where stock operations must. */
export function fusedAverage(average: tf.Variable, weights: tf.Variable, decay: number): boolean {
  const backend = activeSequitur();
  if (backend === undefined) return false;
  const out = backend.ownFloats(average);
  backend.kernels.scale(out, out, decay);
  backend.kernels.axpy(out, backend.floats(weights), 1 - decay);
  return true;
}

function isKnown(rule: UpdateRule): rule is KnownRule {
  return "kind" in rule;
}

/** Gradients may share memory with each other, so a scaled one is a copy. */
function withScaled(backend: SequiturBackend, gradient: tf.Tensor, scale: number, use: (g: Floats) => void): void {
  const block = backend.floats(gradient);
  if (scale === 1) {
    use(block);
    return;
  }
  backend.engine.memory.withScratch((scratch) => {
    const scaled = scratch.floats(gradient.size);
    backend.kernels.scale(scaled, block, scale);
    use(scaled);
  });
}

function update(
  { kernels }: SequiturBackend,
  rule: KnownRule,
  weights: Floats,
  gradient: Floats,
  slots: readonly Floats[],
  { learningRate, step, decay }: UpdateStep,
  rows: SparseRows | null,
): void {
  switch (rule.kind) {
    case "adam": {
      const { beta1, beta2, epsilon } = rule;
      const shrink = rule.decoupled ? { decay } : { l2: decay };
      kernels.adam(
        weights,
        gradient,
        slots[0],
        slots[1],
        { learningRate, step, beta1, beta2, epsilon, ...shrink },
        rows,
      );
      return;
    }
    case "adagrad":
      kernels.adagrad(weights, gradient, slots[0], { learningRate, epsilon: rule.epsilon, l2: decay }, rows);
      return;
    case "sgd":
      kernels.sgd(weights, gradient, slots[0] ?? null, { learningRate, momentum: rule.momentum, l2: decay }, rows);
  }
}
