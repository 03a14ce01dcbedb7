import { tf } from "../tensors.js";
import { type UpdateRule } from "./update-rule.js";

export interface AdagradRule extends UpdateRule {
  readonly kind: "adagrad";
  readonly epsilon: number;
}

/** s += g^2; w -= learningRate g / (sqrt(s) + e), s starting at `start` (Adagrad, Duchi et al. 2011). */
export function adagrad(options: { readonly epsilon?: number; readonly start?: number } = {}): AdagradRule {
  const { epsilon = 1e-10, start = 0 } = options;
  return {
    kind: "adagrad",
    name: "adagrad",
    slots: ["squares"],
    slotStart: start,
    epsilon,
    composed(weights, gradient, [squares], { learningRate, decay }) {
      const g = decay > 0 ? tf.add(gradient, tf.mul(weights, decay)) : gradient;
      const sum = tf.add(squares, tf.mul(g, g));
      return { weights: tf.sub(weights, tf.div(tf.mul(g, learningRate), tf.add(tf.sqrt(sum), epsilon))), slots: [sum] };
    },
  };
}
