import type { QueryBatch } from "@sequitur/core";
import type { Scorer } from "./recommend.js";

/**
 * The scorer with raised and lowered items: score' = low + factor (score - low), with low the lowest finite score of the
 * row, so that a factor means the same for scores of any sign and scale.
 */
export function boostedScorer(scorer: Scorer, boost: ((item: number) => number) | undefined): Scorer {
  if (boost === undefined) return scorer;
  const { name, catalog } = scorer;
  const score = (batch: QueryBatch, candidates?: Int32Array): Float32Array => {
    const scores = scorer.score(batch, candidates).slice();
    const width = candidates?.length ?? catalog.items.size;
    for (let b = 0; b < batch.size; b++) {
      const row = scores.subarray(b * width, (b + 1) * width);
      const low = lowest(row);
      for (let column = 0; column < width; column++) {
        const factor = boost(candidates ? candidates[column]! : column);
        if (factor !== 1) row[column] = low + factor * (row[column]! - low);
      }
    }
    return scores;
  };
  return { name, catalog, score };
}

/** The lowest finite score, 0 when there is none. */
function lowest(scores: Float32Array): number {
  let low = Infinity;
  for (const score of scores) if (Number.isFinite(score) && score < low) low = score;
  return low === Infinity ? 0 : low;
}
