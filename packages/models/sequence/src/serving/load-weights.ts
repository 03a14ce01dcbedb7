import type { Tensor } from "@sequitur/core";
import { engineFor } from "@sequitur/kernels";
import { Weights } from "@sequitur/nn";
import { artifactTensor, type Artifact } from "@sequitur/recommender";

/** The weights of these names and shapes, and the shares, out of an artifact; `bad-artifact` for what is not there. */
export function loadWeights(
  artifact: Artifact,
  shapes: ReadonlyMap<string, readonly number[]>,
): { readonly weights: Weights; readonly shares: Float32Array } {
  const tensors = new Map<string, Tensor>();
  for (const [name, shape] of shapes) {
    tensors.set(name, { shape: [...shape], data: artifactTensor(artifact, name, Float32Array, shape) });
  }
  const shares = artifactTensor(artifact, "shares", Float32Array, [artifact.catalog.items.size]);
  return { weights: new Weights(engineFor(), tensors), shares };
}
