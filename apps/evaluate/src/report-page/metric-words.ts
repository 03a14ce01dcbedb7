/** What a reader who is new to the field needs to know of a metric. */
export interface MetricWords {
  /** Short name, without a cut-off. */
  readonly title: string;
  /** Plain sentence; K stands for the cut-off. */
  readonly meaning: string;
  /** What a good value looks like. */
  readonly better: "higher" | "lower" | "depends";
}

/** By the metric's name without its cut-off. */
const WORDS: Readonly<Record<string, MetricWords>> = {
  recall: {
    title: "Recall",
    meaning:
      "Of the items that the user went on to, the share that stood among the first K. With one such item a query it is the same as the hit rate.",
    better: "higher",
  },
  hit: {
    title: "Hit rate",
    meaning: "The share of queries with at least one right item among the first K.",
    better: "higher",
  },
  precision: {
    title: "Precision",
    meaning: "The share of the first K that was right. With one right item a query it cannot exceed 1/K.",
    better: "higher",
  },
  f1: { title: "F1", meaning: "The harmonic mean of precision and recall at K.", better: "higher" },
  ndcg: {
    title: "NDCG",
    meaning:
      "Like recall, but a right item counts less the lower it stands (divided by the logarithm of its place): 1 when all right items come first, 0 when none is among the first K.",
    better: "higher",
  },
  mrr: {
    title: "MRR",
    meaning: "One divided by the place of the first right item, so 1, 1/2, 1/3…; 0 beyond the cut-off.",
    better: "higher",
  },
  map: {
    title: "MAP",
    meaning: "The precision at the place of each right item, averaged: rewards having all of them early.",
    better: "higher",
  },
  rbp: {
    title: "RBP",
    meaning:
      "What a reader who goes on from each place with probability 0.8 finds, as a share of what they read (rank-biased precision).",
    better: "higher",
  },
  err: {
    title: "ERR",
    meaning:
      "One divided by the place at which a reader stops who is content with every second right item (expected reciprocal rank).",
    better: "higher",
  },
  auc: {
    title: "AUC",
    meaning: "The chance that a right item is ranked above a random other one; 0.5 is a coin toss.",
    better: "higher",
  },
  coverage: {
    title: "Coverage",
    meaning: "The share of all items that appears in somebody's first K.",
    better: "higher",
  },
  gini: {
    title: "Gini",
    meaning: "How unevenly the places in the lists are spread over items: 0 = all items alike, 1 = one item takes all.",
    better: "lower",
  },
  novelty: {
    title: "Novelty",
    meaning: "How rare the recommended items are in the training data, in bits (−log2 of their share).",
    better: "depends",
  },
  diversity: {
    title: "Diversity",
    meaning: "How different the items within one list are from each other, by their categories.",
    better: "depends",
  },
  popularity: {
    title: "Popularity",
    meaning: "How often the recommended items occur in the training data, on average.",
    better: "depends",
  },
  serendipity: {
    title: "Serendipity",
    meaning: "The share of the first K that is right and that a list of the most popular items would not have shown.",
    better: "higher",
  },
  personalisation: {
    title: "Personalisation",
    meaning:
      "Whether the lists of two users differ as much as the users do (in what they had and went on to), times the share of right items found.",
    better: "higher",
  },
  value: {
    title: "Value",
    meaning: "What the right items among the first K are worth together, by the attribute that the experiment names.",
    better: "higher",
  },
  "exposure-fairness": {
    title: "Fairness of exposure",
    meaning:
      "Whether each category gets the share of the attention that it has of the right items: 1 = exactly so, 0 = all attention elsewhere.",
    better: "higher",
  },
  "user-gap": {
    title: "Gap between users",
    meaning: "Recall at K of the best served group of users (by their activity) minus that of the worst served one.",
    better: "lower",
  },
  rmse: {
    title: "RMSE",
    meaning:
      "How far predicted ratings are from given ones: the root of the mean squared error, in units of the rating.",
    better: "lower",
  },
  mae: {
    title: "MAE",
    meaning: "The mean absolute error of predicted ratings, in units of the rating.",
    better: "lower",
  },
  rated: { title: "Rated", meaning: "The share of ratings that there was a prediction for.", better: "higher" },
  "pooled-ap": {
    title: "Pooled AP",
    meaning:
      "Average precision of the lists of all users as one ranking by score: high only where scores mean the same for everybody.",
    better: "higher",
  },
  "calibration-error": {
    title: "Calibration error",
    meaning: "How far scores, taken as probabilities, are from the share that was right, on average over ten bins.",
    better: "lower",
  },
  calibration: {
    title: "Miscalibration",
    meaning:
      "How far the mix of categories in the lists is from the mix in the user's own history (Kullback–Leibler divergence): 0 = the same mix.",
    better: "lower",
  },
};

/**
 * A metric's key in the report taken apart: `ndcg@10` has the cut-off 10, `recall@10%` none but the suffix `@10%`, the
 * first tenth of the ranking.
 */
export function metricParts(key: string): {
  readonly name: string;
  readonly cutoff: number | null;
  readonly suffix: string;
} {
  const at = key.search(/@\d+(?:\.\d+)?%?$/);
  if (at <= 0) return { name: key, cutoff: null, suffix: "" };
  const suffix = key.slice(at);
  return { name: key.slice(0, at), cutoff: suffix.endsWith("%") ? null : Number(suffix.slice(1)), suffix };
}

/** The words of a metric, or undefined for one that this page does not know. */
export function metricWords(key: string): MetricWords | undefined {
  const { name } = metricParts(key);
  return Object.hasOwn(WORDS, name) ? WORDS[name] : undefined;
}

/** `NDCG@10`, `Hit rate@5`, `MRR`; an unknown metric keeps its key. */
export function metricTitle(key: string): string {
  const { name, suffix } = metricParts(key);
  return (metricWords(key)?.title ?? name) + suffix;
}
