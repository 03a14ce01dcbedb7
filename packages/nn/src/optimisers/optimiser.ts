import { PlatformError, type Tensor } from "@sequitur/core";
import { assignValues, type Parameter } from "../parameters.js";
import { tf } from "../tensors.js";
import { type Gradients } from "../training/gradients.js";
import { type MergedRows } from "../training/merge-rows.js";
import { type UpdateRule, type UpdateStep } from "./update-rule.js";
import { fusedDenseUpdate, fusedRowUpdate } from "./fused-update.js";

/** A rule with its memory: applies steps in place, and can be saved and restored. */
export class Optimiser {
  readonly rule: UpdateRule;
  private readonly decay: number;
  private readonly slots = new Map<string, tf.Variable[]>();
  private steps = 0;

  /** `decay` is the weight decay, 0 when absent; parameters marked noDecay are exempt. */
  constructor(rule: UpdateRule, options: { readonly decay?: number } = {}) {
    this.rule = rule;
    this.decay = options.decay ?? 0;
  }

  /** Updates every parameter that has a gradient, the gradients multiplied by `scale` first. */
  step(parameters: readonly Parameter[], gradients: Gradients, learningRate: number, scale = 1): void {
    this.steps += 1;
    for (const parameter of parameters) {
      const slots = this.slotsOf(parameter);
      const step = { learningRate, step: this.steps, decay: parameter.noDecay ? 0 : this.decay };
      const dense = gradients.dense.get(parameter.name);
      const rows = gradients.rows.get(parameter.name);
      if (dense !== undefined) this.updateDense(parameter.variable, slots, dense, scale, step);
      if (rows !== undefined) this.updateRows(parameter.variable, slots, rows, scale, step);
    }
  }

  private updateDense(
    w: tf.Variable,
    slots: tf.Variable[],
    gradient: tf.Tensor,
    scale: number,
    step: UpdateStep,
  ): void {
    if (fusedDenseUpdate(this.rule, w, slots, gradient, scale, step)) return;
    tf.tidy(() => {
      const updated = this.rule.composed(w, tf.mul(gradient, scale), slots, step);
      w.assign(updated.weights);
      updated.slots.forEach((slot, i) => slots[i].assign(slot));
    });
  }

  private updateRows(w: tf.Variable, slots: tf.Variable[], merged: MergedRows, scale: number, step: UpdateStep): void {
    if (merged.rows.size === 0) return;
    if (fusedRowUpdate(this.rule, w, slots, merged, scale, step)) return;
    tf.tidy(() => {
      const { rows } = merged;
      const read = (table: tf.Tensor): tf.Tensor => tf.gather(table, rows);
      const updated = this.rule.composed(read(w), tf.mul(merged.values, scale), slots.map(read), step);
      const write = (table: tf.Variable, values: tf.Tensor): void =>
        table.assign(tf.tensorScatterUpdate(table, tf.expandDims(rows, 1), values));
      write(w, updated.weights);
      updated.slots.forEach((slot, i) => write(slots[i], slot));
    });
  }

  private slotsOf({ name, variable }: Parameter): tf.Variable[] {
    let slots = this.slots.get(name);
    if (slots === undefined) {
      slots = this.rule.slots.map(() =>
        tf.tidy(() => tf.variable(tf.fill(variable.shape, this.rule.slotStart), false)),
      );
      this.slots.set(name, slots);
    }
    return slots;
  }

  /** How many steps were taken. */
  get stepCount(): number {
    return this.steps;
  }

  /** Everything it remembers, by "parameter/slot". */
  snapshot(): Map<string, Tensor> {
    const tensors = new Map<string, Tensor>();
    for (const [name, slots] of this.slots) {
      slots.forEach((slot, i) => {
        const data = (slot.dataSync() as Float32Array).slice();
        tensors.set(`${name}/${this.rule.slots[i]}`, { shape: slot.shape, data });
      });
    }
    return tensors;
  }

  /** Takes a snapshot of the same rule over the same parameters, after `steps` steps. */
  restore(parameters: readonly Parameter[], tensors: ReadonlyMap<string, Tensor>, steps: number, where: string): void {
    for (const parameter of parameters) {
      const { name, variable } = parameter;
      this.slotsOf(parameter).forEach((slot, i) => {
        const key = `${name}/${this.rule.slots[i]}`;
        const tensor = tensors.get(key);
        if (!(tensor?.data instanceof Float32Array) || tensor.data.length !== variable.size) {
          throw new PlatformError(
            "bad-artifact",
            `${where}: ${this.rule.name} needs ${key} of shape [${variable.shape}].`,
          );
        }
        assignValues(slot, tensor);
      });
    }
    this.steps = steps;
  }

  dispose(): void {
    for (const slots of this.slots.values()) tf.dispose(slots);
    this.slots.clear();
  }
}
