import { NONE, type IdTable } from "@sequitur/core";
import type { SlateSource } from "../log/slate-source.js";
import type { EvaluatedPolicy } from "./evaluated-policy.js";

/**
 * The policy of another log, without its context: the mean of the propensities that it logged, by item and position, scaled
 * to sum 1 at each position. Exact for a policy that never changed; else its average, and too sharp where shown items
 * were those that were likely just then.
 */
export async function tablePolicy(name: string, source: SlateSource, items: IdTable): Promise<EvaluatedPolicy> {
  const rows: { sums: Float64Array; counts: Float64Array }[] = [];
  await source.read((chunk) => {
    const ids = source.items.table().ids;
    for (let place = 0; place < chunk.items.length; place++) {
      const item = items.indexOf(ids[chunk.items[place]!]!);
      if (item === NONE || Number.isNaN(chunk.propensities[place]!)) continue;
      const row = (rows[chunk.positions[place]!] ??= {
        sums: new Float64Array(items.size),
        counts: new Float64Array(items.size),
      });
      row.sums[item]! += chunk.propensities[place]!;
      row.counts[item]! += 1;
    }
  });
  const table = rows.map(({ sums, counts }) => {
    const means = sums.map((sum, item) => (counts[item]! > 0 ? sum / counts[item]! : 0));
    const total = means.reduce((all, mean) => all + mean, 0);
    return means.map((mean) => mean / total);
  });
  return {
    name,
    basis: `mean propensities of ${source.name} by item and position, scaled to sum 1: without context and change over time`,
    hasConditionals: false,
    hasDistribution: true,
    evaluate: ({ items: logged, positions }) => ({
      marginals: Float64Array.from(logged, (item, place) => table[positions[place]!]?.[item] ?? 0),
      distribution: (place, out) => {
        const row = table[positions[place]!];
        if (row === undefined) out.fill(0);
        else out.set(row);
      },
    }),
  };
}
