import { PlatformError, type Tensor } from "@sequitur/core";
import { fusedAverage } from "../optimisers/fused-update.js";
import { assignValues, type Parameter } from "../parameters.js";
import { tf } from "../tensors.js";

/** An exponential moving average of weights, a <- d a + (1 - d) w after each step; it starts as the first weights. */
export class WeightAverage {
  private readonly decay: number;
  private readonly parameters: readonly Parameter[];
  private readonly averages: tf.Variable[];

  constructor(parameters: readonly Parameter[], decay: number) {
    if (!(decay > 0 && decay < 1)) {
      throw new PlatformError("bad-config", `decay of the weight average must be in (0, 1), got ${decay}.`);
    }
    this.decay = decay;
    this.parameters = parameters;
    this.averages = parameters.map(({ variable }) => {
      const copy = tf.tidy(() => tf.variable(tf.add(variable, 0), false));
      return copy;
    });
  }

  /** Takes the weights of one more step in. */
  update(): void {
    this.parameters.forEach(({ variable }, i) => {
      const average = this.averages[i];
      if (fusedAverage(average, variable, this.decay)) return;
      tf.tidy(() => average.assign(tf.add(tf.mul(average, this.decay), tf.mul(variable, 1 - this.decay))));
    });
  }

  /** Exchanges weights and averages; a second call exchanges them back. */
  swap(): void {
    this.parameters.forEach(({ variable }, i) => {
      const held = variable.clone();
      variable.assign(this.averages[i]);
      this.averages[i].assign(held);
      held.dispose();
    });
  }

  snapshot(): Map<string, Tensor> {
    return new Map(
      this.parameters.map(({ name }, i) => [
        name,
        { shape: this.averages[i].shape, data: (this.averages[i].dataSync() as Float32Array).slice() },
      ]),
    );
  }

  restore(tensors: ReadonlyMap<string, Tensor>, where: string): void {
    this.parameters.forEach(({ name, variable }, i) => {
      const tensor = tensors.get(name);
      if (!(tensor?.data instanceof Float32Array) || tensor.data.length !== variable.size) {
        throw new PlatformError("bad-artifact", `${where}: no average of ${name} with shape [${variable.shape}].`);
      }
      assignValues(this.averages[i], tensor);
    });
  }

  dispose(): void {
    tf.dispose(this.averages);
  }
}
