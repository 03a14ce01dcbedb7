import { tf } from "../tensors.js";
import { type UpdateRule } from "./update-rule.js";

export interface SgdRule extends UpdateRule {
  readonly kind: "sgd";
  readonly momentum: number;
}

/** v = momentum v + g; w -= learningRate v. Without momentum nothing is remembered. */
export function sgd(options: { readonly momentum?: number } = {}): SgdRule {
  const { momentum = 0 } = options;
  return {
    kind: "sgd",
    name: "sgd",
    slots: momentum > 0 ? ["velocity"] : [],
    slotStart: 0,
    momentum,
    composed(weights, gradient, slots, { learningRate, decay }) {
      const g = decay > 0 ? tf.add(gradient, tf.mul(weights, decay)) : gradient;
      const velocity = slots.length > 0 ? tf.add(tf.mul(slots[0], momentum), g) : g;
      return { weights: tf.sub(weights, tf.mul(velocity, learningRate)), slots: slots.length > 0 ? [velocity] : [] };
    },
  };
}
