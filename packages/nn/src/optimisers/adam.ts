import { tf } from "../tensors.js";
import { type UpdateRule } from "./update-rule.js";

export interface AdamOptions {
  /** Decay of the mean of gradients, in [0, 1). Default 0.9. */
  readonly beta1?: number;
  /** Decay of the mean of squared gradients, in [0, 1). Default 0.999. */
  readonly beta2?: number;
  /** Added to the root of the second mean. Default 1e-8. */
  readonly epsilon?: number;
}

/**
 * m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g^2; w -= learningRate (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + e)
 * (Adam, Kingma & Ba 2015, algorithm 1). Weight decay is added to the gradient. On sparse tables only the rows of the
 * step are touched, their means too, with the t of all steps.
 */
export function adam(options: AdamOptions = {}): AdamRule {
  return adamRule("adam", false, options);
}

/** Adam with the decay taken from the weights, w -= learningRate decay w, not from the gradient (Loshchilov & Hutter 2019). */
export function adamW(options: AdamOptions = {}): AdamRule {
  return adamRule("adamw", true, options);
}

export interface AdamRule extends UpdateRule {
  readonly kind: "adam";
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly decoupled: boolean;
}

function adamRule(name: string, decoupled: boolean, options: AdamOptions): AdamRule {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
  return {
    kind: "adam",
    name,
    slots: ["mean", "square"],
    slotStart: 0,
    beta1,
    beta2,
    epsilon,
    decoupled,
    composed(weights, gradient, [mean, square], { learningRate, step, decay }) {
      const g = decay > 0 && !decoupled ? tf.add(gradient, tf.mul(weights, decay)) : gradient;
      const kept = decay > 0 && decoupled ? tf.mul(weights, 1 - learningRate * decay) : weights;
      const m = tf.add(tf.mul(mean, beta1), tf.mul(g, 1 - beta1));
      const v = tf.add(tf.mul(square, beta2), tf.mul(tf.mul(g, g), 1 - beta2));
      const scale = tf.add(tf.mul(tf.sqrt(v), 1 / Math.sqrt(1 - beta2 ** step)), epsilon);
      return { weights: tf.sub(kept, tf.div(tf.mul(m, learningRate / (1 - beta1 ** step)), scale)), slots: [m, v] };
    },
  };
}
