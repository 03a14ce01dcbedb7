import { type Random } from "@sequitur/core";
import { assignValues } from "./parameters.js";
import { tf } from "./tensors.js";

/**
 * How far the tape's gradient is from central differences: the largest |tape - difference| over all variables, divided
 * by the largest difference. `f` reads the variables and gives any tensor; a random weighting makes it one number. A
 * right gradient gives about 1e-3 at float32, a wrong one 0.1 or more. For the tests of operations and layers.
 */
export function gradientError(
  f: () => tf.Tensor,
  variables: readonly tf.Variable[],
  random: Random,
  step = 1e-2,
): number {
  const probe = tf.tidy(f);
  const weighting = Float32Array.from({ length: probe.size }, () => random.normal());
  probe.dispose();
  const loss = (): tf.Scalar => tf.sum(tf.mul(tf.reshape(f(), [-1]), tf.tensor1d(weighting)));
  const { value, grads } = tf.variableGrads(loss, [...variables]);
  value.dispose();
  let worst = 0;
  let largest = 0;
  for (const variable of variables) {
    const gradient = grads[variable.name].dataSync();
    const values = (variable.dataSync() as Float32Array).slice();
    const at = (i: number, shifted: number): number => {
      const moved = values.slice();
      moved[i] = shifted;
      assignValues(variable, { shape: variable.shape, data: moved });
      return weighed(f, weighting);
    };
    for (let i = 0; i < values.length; i++) {
      const [up, down] = [Math.fround(values[i] + step), Math.fround(values[i] - step)];
      const difference = (at(i, up) - at(i, down)) / (up - down);
      worst = Math.max(worst, Math.abs(gradient[i] - difference));
      largest = Math.max(largest, Math.abs(difference));
    }
    assignValues(variable, { shape: variable.shape, data: values });
  }
  tf.dispose(grads);
  return worst / Math.max(largest, 1e-6);
}

/** The weighted sum of f's outputs in float64, so that the difference of two close sums keeps its digits. */
function weighed(f: () => tf.Tensor, weighting: Float32Array): number {
  const output = tf.tidy(f);
  const sum = (output.dataSync() as Float32Array).reduce((all, y, i) => all + y * weighting[i], 0);
  output.dispose();
  return sum;
}
