import { aliasTable, type AliasTable } from "./alias-table.js";

/** A distribution over items that unvoted ones are drawn from; items of the user are drawn again by the trainer. */
export interface NegativeSampler {
  readonly name: string;
  /** Absent: every item alike. */
  readonly table?: AliasTable;
  /** (N) log Q, subtracted from scores while training, so that the learned scores do not hold the sampler's bias. */
  readonly logQ?: Float32Array;
}

/** Every item alike. */
export const uniformSampler: NegativeSampler = { name: "uniform" };

/** Q proportional to (interactions + 1)^power: power 0 is uniform, 0.75 is word2vec's choice (Mikolov et al. 2013). */
export function popularitySampler(counts: ArrayLike<number>, power: number): NegativeSampler {
  const weights = Float64Array.from({ length: counts.length }, (_, i) => (counts[i]! + 1) ** power);
  return { name: "popularity", table: aliasTable(weights) };
}

/**
 * The item of another random interaction, as in-batch negatives are, with log Q taken off the scores (Yi et al. 2019).
 * An item without interactions is never drawn; its log Q is that of one interaction.
 */
export function inBatchSampler(counts: ArrayLike<number>): NegativeSampler {
  let total = 0;
  for (let i = 0; i < counts.length; i++) total += counts[i]!;
  const logQ = Float32Array.from({ length: counts.length }, (_, i) => Math.log(Math.max(1, counts[i]!) / total));
  return { name: "in-batch", table: aliasTable(counts), logQ };
}
