import { PlatformError, type Random, type RaggedItems } from "@sequitur/core";
import type { QueryGroup } from "../breakdowns/query-groups.js";
import { acceptedValue } from "./accepted-value.js";
import { calibration } from "./calibration.js";
import { catalogCoverage, exposureGini } from "./exposure.js";
import { exposureByGroup, exposureFairness, listRecall, userGap } from "./fairness.js";
import { intraListDiversity } from "./intra-list-diversity.js";
import type { ItemCategories } from "./item-categories.js";
import { personalisation } from "./personalisation.js";
import { novelty, recommendationPopularity } from "./popularity.js";
import { serendipity } from "./serendipity.js";
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
  /** What was right: gives the metrics of `AnswerOptions`. */
  readonly answers?: AnswerOptions;
}

/** What the metrics of right answers need. */
export interface AnswerOptions {
  /** Gives serendipity and, with categories, the fairness of exposure. */
  readonly targets: RaggedItems;
  /** (B) user of each query; with histories it gives personalisation. */
  readonly users: Int32Array;
  /** Draws the pairs of personalisation. */
  readonly random: Random;
  /** Groups of queries by their users; gives the gap between the groups. */
  readonly userGroups?: readonly QueryGroup[];
  /** (N) what a right item is worth when it is taken; gives the value. */
  readonly worth?: ArrayLike<number>;
}

export interface ListMetrics {
  /** One number for all lists together: coverage@k, gini@k, exposure-fairness@k and user-gap@k. */
  readonly totals: ReadonlyMap<string, number>;
  /** (B) one number a query: novelty@k, popularity@k, diversity@k, calibration@k, serendipity@k, personalisation@k, value@k. */
  readonly queries: ReadonlyMap<string, Float64Array>;
}

/** What the lists are like beyond accuracy, at each cut-off; each metric only where its input is given. */
export function listMetrics(lists: RaggedItems, options: ListMetricsOptions): ListMetrics {
  const { cutoffs, trainCounts, categories, histories, answers } = options;
  const similarity = options.similarity ?? (categories && categoryJaccard(categories));
  const totals = new Map<string, number>();
  const queries = new Map<string, Float64Array>();
  if (histories && !categories && !answers) {
    throw new PlatformError(
      "bad-config",
      "histories are for calibration, which needs categories, or for personalisation, which needs answers, got neither.",
    );
  }
  for (const k of cutoffs) {
    totals.set(`coverage@${k}`, catalogCoverage(lists, k, trainCounts.length));
    totals.set(`gini@${k}`, exposureGini(lists, k, trainCounts.length));
    queries.set(`novelty@${k}`, novelty(lists, k, trainCounts));
    queries.set(`popularity@${k}`, recommendationPopularity(lists, k, trainCounts));
    if (similarity) queries.set(`diversity@${k}`, intraListDiversity(lists, k, similarity));
    if (categories && histories) queries.set(`calibration@${k}`, calibration(lists, k, histories, categories));
    if (answers) addAnswered(lists, k, options, answers, { totals, queries });
  }
  return { totals, queries };
}

/** The metrics that know what was right. */
function addAnswered(
  lists: RaggedItems,
  k: number,
  { trainCounts, categories, histories }: ListMetricsOptions,
  { targets, users, random, userGroups, worth }: AnswerOptions,
  { totals, queries }: { readonly totals: Map<string, number>; readonly queries: Map<string, Float64Array> },
): void {
  queries.set(`serendipity@${k}`, serendipity(lists, k, targets, trainCounts));
  if (histories) {
    // Every cut-off compares the same pairs.
    const pairs = random.fork("personalisation");
    queries.set(`personalisation@${k}`, personalisation(lists, k, { histories, targets, users, random: pairs }));
  }
  if (worth) queries.set(`value@${k}`, acceptedValue(lists, k, targets, worth));
  if (categories) {
    totals.set(`exposure-fairness@${k}`, exposureFairness(exposureByGroup(lists, k, targets, categories)));
  }
  if (userGroups) totals.set(`user-gap@${k}`, userGap(listRecall(lists, k, targets), userGroups));
}
