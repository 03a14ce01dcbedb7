import { embedding, mlp, normal, tf, type Pass, type Scope } from "@sequitur/nn";

export interface GeographyLayerOptions {
  /** Rows of the cell table; 0 for none. */
  readonly cells: number;
  /** R tokens a place. */
  readonly resolutions: number;
  /** F frequencies a place; 0 for none. */
  readonly frequencies: number;
  /** D of the output. */
  readonly width: number;
}

/**
 * A vector of where a place is (GA-LLM's coordinate injection, sized for a CPU): the sum of its cells' vectors, coarse to
 * fine, plus a two-layer projection of its Fourier features. tokens (n, R) int32 and features (n, 2F) -> (n, D); a token
 * of -1 adds nothing. Parameters: cells (cells, D), fourier.0 and fourier.1.
 */
export function geographyLayer(
  scope: Scope,
  { cells, resolutions, frequencies, width }: GeographyLayerOptions,
): (tokens: tf.Tensor2D, features: tf.Tensor2D, pass: Pass) => tf.Tensor2D {
  const hasCells = cells > 0 && resolutions > 0;
  const table = hasCells ? (scope.create("cells", [cells, width], normal(width ** -0.5)) as tf.Tensor) : undefined;
  const project =
    frequencies > 0
      ? mlp(scope.scope("fourier"), { sizes: [2 * frequencies, width, width], activation: "gelu" })
      : undefined;
  return (tokens, features, pass) => {
    const places = tokens.shape[0];
    const parts: tf.Tensor[] = [];
    if (table !== undefined) {
      // One look-up a resolution: a sum over a middle axis would turn the whole block around.
      for (const own of tf.unstack(tokens, 1)) parts.push(embedding(table as tf.Tensor2D, own));
    }
    if (project !== undefined) parts.push(project(features, pass));
    return (parts.length === 0 ? tf.zeros([places, width]) : tf.addN(parts)) as tf.Tensor2D;
  };
}
