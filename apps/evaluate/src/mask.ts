import { listOf } from "@sequitur/core";
import type { EvaluationSet } from "@sequitur/data";
import type { Experiment } from "./experiment.js";

/** Whether seen items leave the rankings, and who decided. */
export interface Mask {
  readonly masked: boolean;
  readonly because: string;
}

/**
 * Resolves `exclude`: auto masks unless users come back to items here, that is unless the data set says that revisits
 * are normal and at least one interaction repeats a (user, item) pair. `repeatedShare` is the share of those, in [0, 1].
 */
export function resolveMask(exclude: Experiment["exclude"], revisits: boolean, repeatedShare: number): Mask {
  if (exclude !== "auto") return { masked: exclude === "seen", because: `as asked, exclude = ${exclude}` };
  const percent = `${(100 * repeatedShare).toFixed(1)}% of the interactions repeat a (user, item) pair`;
  if (repeatedShare === 0) return { masked: true, because: "auto: no interaction repeats a (user, item) pair" };
  const normal = revisits ? "normal" : "not normal";
  return { masked: !revisits, because: `auto: revisits are ${normal} in this data set, and ${percent}` };
}

/** How many answers masking would remove from their own rankings, where no model can find them. */
export function hiddenAnswers({ queries, targets, seen }: EvaluationSet): number {
  let hidden = 0;
  for (let query = 0; query < queries.size; query++) {
    const known = new Set(listOf(seen, query));
    for (const answer of listOf(targets, query)) hidden += Number(known.has(answer));
  }
  return hidden;
}
