import type { QueryRanks } from "./query-ranks.js";

/** One ranking metric of one query: a name, its formula, and a function of the places of the targets. */
export interface RankingMetric {
  /** The part before the @, such as "ndcg". */
  readonly name: string;
  /** The formula, one line of ASCII: r_i is the place of the i-th target found, R the number of targets; tied scores give its mean over their orders. */
  readonly doc: string;
  /** Whether it is asked as name@k ("required"), as name ("never"), or as either ("optional"). */
  readonly cutoff: "required" | "optional" | "never";
  /** True when it depends on how many columns were ranked. */
  readonly needsCandidates?: true;
  /** True when it depends on what each target is worth. */
  readonly needsValues?: true;
  /** The value in [0, 1], or NaN when the query does not define it; k is Infinity without a cut-off. */
  value(query: QueryRanks, k: number): number;
}
