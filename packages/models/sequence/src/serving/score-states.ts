import type { Floats } from "@sequitur/kernels";
import type { SequenceModelParts } from "./model-parts.js";

/** (rows, C) state . table[item] + bias[item] for every item, or for the candidates. */
export function scoreStates(
  { weights, output, encoder, catalog }: Pick<SequenceModelParts, "weights" | "output" | "encoder" | "catalog">,
  states: Floats,
  rows: number,
  candidates?: Int32Array,
): Float32Array {
  const { memory, kernels } = weights.engine;
  const { width } = encoder;
  const columns = candidates?.length ?? catalog.items.size;
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
    return scores.array.slice();
  });
}
