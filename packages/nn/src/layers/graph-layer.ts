import { type Activation } from "@sequitur/kernels";
import { graphConv, type Graph } from "../ops/graph.js";
import { type Scope } from "../parameters.js";
import { tf } from "../tensors.js";
import { linearLayer } from "./linear-layer.js";

export interface GraphLayerOptions {
  readonly inputs: number;
  readonly outputs: number;
  /** Default "relu". */
  readonly activation?: Activation;
}

/** activation(A x W + b) (GCN, Kipf & Welling 2017, eq. 2): (nodes, inputs) -> (nodes, outputs). */
export function graphLayer(scope: Scope, options: GraphLayerOptions): (a: Graph, x: tf.Tensor2D) => tf.Tensor2D {
  const map = linearLayer(scope, { activation: "relu", ...options });
  return (a, x) => map(graphConv(a, x)) as tf.Tensor2D;
}

/** The mean of x, A x, ..., A^layers x (LightGCN, He et al. 2020, eq. 4): (nodes, D) -> (nodes, D). No parameters. */
export function lightGcn(a: Graph, x: tf.Tensor2D, layers: number): tf.Tensor2D {
  let [h, sum] = [x, x];
  for (let layer = 0; layer < layers; layer++) {
    h = graphConv(a, h);
    sum = tf.add(sum, h);
  }
  return tf.mul(sum, 1 / (layers + 1));
}
