import type { Floats } from "@sequitur/kernels";
import { isKnown, type SequenceModelParts } from "./model-parts.js";

/**
 * (rows, C) state . table[item] + bias[item] for every item, or for the candidates; NaN for an unknown item, whose vector
 * nothing has set.
 */
export function scoreStates(
  parts: Pick<SequenceModelParts, "weights" | "output" | "encoder" | "shares" | "known" | "scoreStates">,
  states: Floats,
  rows: number,
  candidates?: Int32Array,
): Float32Array {
  if (parts.scoreStates !== undefined) return parts.scoreStates(states, rows, candidates);
  const { weights, output, encoder, shares } = parts;
  const { memory, kernels } = weights.engine;
  const { width } = encoder;
  const columns = candidates?.length ?? shares.length;
  if (columns === 0) return new Float32Array(0);
  return memory.withScratch((scratch) => {
    let { table, bias } = output;
    if (candidates !== undefined) {
      const chosen = scratch.ints(columns);
      chosen.array.set(candidates);
      const [rowsOf, biasOf] = [scratch.floats(columns * width), scratch.floats(columns)];
      kernels.gather(rowsOf, table, chosen, width);
      if (bias !== undefined) kernels.gather(biasOf, bias, chosen, 1);
      [table, bias] = [rowsOf, bias && biasOf];
    }
    const scores = scratch.floats(rows * columns);
    kernels.matmul(scores, states, table, { m: rows, n: columns, k: width, transposeB: true });
    if (bias !== undefined) {
      for (let at = 0; at < scores.length; at += columns) {
        const row = scores.part(at, columns);
        kernels.add(row, row, bias);
      }
    }
    const values = scores.array.slice();
    for (let column = 0; column < columns; column++) {
      if (isKnown(parts, candidates === undefined ? column : candidates[column]!)) continue;
      for (let at = column; at < values.length; at += columns) values[at] = Number.NaN;
    }
    return values;
  });
}
