import { PlatformError, type RaggedItems } from "@sequitur/core";
import { calibration } from "./calibration.js";
import { catalogCoverage, exposureGini } from "./exposure.js";
import { intraListDiversity } from "./intra-list-diversity.js";
import type { ItemCategories } from "./item-categories.js";
import { novelty, recommendationPopularity } from "./popularity.js";
import { categoryJaccard, type Similarity } from "./similarities.js";

export interface ListMetricsOptions {
  /** Positive integers. */
  readonly cutoffs: readonly number[];
  /** (N) training interactions of each item. */
  readonly trainCounts: ArrayLike<number>;
  /** Gives diversity (by Jaccard, unless similarity is given) and, with histories, calibration. */
  readonly categories?: ItemCategories;
  /** What each query's user had before; for calibration. */
  readonly histories?: RaggedItems;
  /** For diversity; Jaccard of the categories when absent. */
  readonly similarity?: Similarity;
}

export interface ListMetrics {
  /** One number for all lists together: coverage@k and gini@k. */
  readonly totals: ReadonlyMap<string, number>;
  /** (B) one number a query: novelty@k, popularity@k, diversity@k, calibration@k. */
  readonly queries: ReadonlyMap<string, Float64Array>;
}

/** What the lists are like beyond accuracy, at each cut-off; diversity and calibration only where their input is given. */
export function listMetrics(lists: RaggedItems, options: ListMetricsOptions): ListMetrics {
  const { cutoffs, trainCounts, categories, histories } = options;
  const similarity = options.similarity ?? (categories && categoryJaccard(categories));
  const totals = new Map<string, number>();
  const queries = new Map<string, Float64Array>();
  if (histories && !categories) {
    throw new PlatformError("bad-config", "histories are for calibration, which needs categories, got none.");
  }
  for (const k of cutoffs) {
    totals.set(`coverage@${k}`, catalogCoverage(lists, k, trainCounts.length));
    totals.set(`gini@${k}`, exposureGini(lists, k, trainCounts.length));
    queries.set(`novelty@${k}`, novelty(lists, k, trainCounts));
    queries.set(`popularity@${k}`, recommendationPopularity(lists, k, trainCounts));
    if (similarity) queries.set(`diversity@${k}`, intraListDiversity(lists, k, similarity));
    if (categories && histories) queries.set(`calibration@${k}`, calibration(lists, k, histories, categories));
  }
  return { totals, queries };
}
