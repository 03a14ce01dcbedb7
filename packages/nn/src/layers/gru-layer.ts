import { uniform } from "../initializers.js";
import { gru, type GruStart, type GruWeights } from "../ops/gru.js";
import { type Scope } from "../parameters.js";
import { type tf } from "../tensors.js";

export interface GruLayerOptions {
  readonly inputs: number;
  /** H */
  readonly hidden: number;
}

/** A GRU over whole sequences (Cho et al. 2014): (B, L, inputs) -> states (B, L, H). All start uniform, 1 / sqrt(H). */
export function gruLayer(scope: Scope, options: GruLayerOptions): (x: tf.Tensor3D, start?: GruStart) => tf.Tensor3D {
  const { inputs, hidden } = options;
  const start = uniform(1 / Math.sqrt(hidden));
  const weights = {
    input: scope.create("input", [inputs, 3 * hidden], start),
    recurrent: scope.create("recurrent", [hidden, 3 * hidden], start),
    inputBias: scope.create("inputBias", [3 * hidden], start),
    recurrentBias: scope.create("recurrentBias", [3 * hidden], start),
  } as unknown as GruWeights;
  return (x, options = {}) => gru(x, weights, options);
}
