import { savesInput, type Activation } from "@sequitur/kernels";
import { activeSequitur, type SequiturBackend } from "../backend/sequitur-backend.js";
import { tf } from "../tensors.js";
import { composedActivation } from "./activation.js";
import { differentiable } from "./differentiable.js";
import { checkShape, lastAxis, rowCount } from "./shapes.js";

export interface LinearTerms {
  /** (O) */
  readonly bias?: tf.Tensor1D;
  /** Default "none". */
  readonly activation?: Activation;
}

/** activation(x W + b): x (..., I), weight (I, O) -> (..., O). */
export function linear(x: tf.Tensor, weight: tf.Tensor2D, terms: LinearTerms = {}): tf.Tensor {
  checkShape("weight", weight, [lastAxis(x), -1]);
  if (terms.bias !== undefined) checkShape("bias", terms.bias, [weight.shape[1]]);
  const backend = activeSequitur();
  return backend === undefined ? composedLinear(x, weight, terms) : fusedLinear(backend, x, weight, terms);
}

function fusedLinear(backend: SequiturBackend, x: tf.Tensor, weight: tf.Tensor2D, terms: LinearTerms): tf.Tensor {
  const { bias, activation = "none" } = terms;
  const [inputs, outputs] = weight.shape;
  const shape = { rows: rowCount(x), inputs, outputs, activation };
  const { kernels } = backend;
  return differentiable(
    bias === undefined ? [x, weight] : [x, weight, bias],
    (save) => {
      const out = backend.output([...x.shape.slice(0, -1), outputs]);
      const input = savesInput(activation) ? backend.output(out.tensor.shape) : undefined;
      const shift = bias === undefined ? null : backend.floats(bias);
      kernels.linear(out.block, backend.floats(x), backend.floats(weight), shift, shape, input?.block);
      save([x, weight, (input ?? out).tensor]);
      return out.tensor;
    },
    (dy, [x, weight, saved]) => {
      const [dx, dw] = [backend.output(x.shape), backend.output(weight.shape)];
      const db = bias === undefined ? undefined : backend.output([outputs]);
      kernels.linearGradient(
        { x: dx.block, weight: dw.block, bias: db?.block ?? null },
        backend.floats(dy),
        backend.floats(x),
        backend.floats(weight),
        backend.floats(saved),
        shape,
      );
      return db === undefined ? [dx.tensor, dw.tensor] : [dx.tensor, dw.tensor, db.tensor];
    },
  );
}

/** The affine map as stock operations: see `linear`. */
export function composedLinear(x: tf.Tensor, weight: tf.Tensor2D, terms: LinearTerms = {}): tf.Tensor {
  const { bias, activation = "none" } = terms;
  const flat = tf.matMul(tf.reshape(x, [-1, lastAxis(x)]), weight);
  const shifted = bias === undefined ? flat : tf.add(flat, bias);
  return tf.reshape(composedActivation(shifted, activation), [...x.shape.slice(0, -1), weight.shape[1]]);
}
