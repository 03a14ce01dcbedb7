import type { TieRule } from "@sequitur/metrics";
import type { Experiment } from "./experiment.js";
import { leakageSummary } from "./leakage-words.js";
import type { PreparedData } from "./prepare-data.js";
import type { Protocol } from "./report.js";

const TIES: Record<TieRule, { readonly summary: string; readonly rule: string }> = {
  expected: {
    summary: "tied items count by their expectation over random orders.",
    rule:
      "each metric is its mean over all orders of the items with equal scores, in closed form (McSherry & Najork " +
      "2008), so a constant model gets what chance gets; an item without a score is not ranked",
  },
  "mid-rank": {
    summary: "ties share their mean rank.",
    rule:
      "rank = 1 + items scored higher + half of the others scored the same; a rank between two places counts as the " +
      "better one; an item without a score is not ranked",
  },
};

/** Says how the numbers were made: without this, two tables cannot be compared. */
export function protocolOf(experiment: Experiment, data: PreparedData): Protocol {
  const { split, confidence, ties } = experiment;
  const { mask, leakage, test, train, testQueries, validationQueries, protocolNotes } = data;
  const rankedItems = train.catalog.items.size;
  const count = (value: number): string => value.toLocaleString("en-US");
  const history =
    "history" in split ? `, test history = ${split.history === "all" ? "everything before" : "train only"}` : "";
  return {
    summary:
      `${split.kind} split${history}; ${count(test.queries.size)} test queries; all ${count(rankedItems)} items ranked; ` +
      `${mask.masked ? "MASKED: items seen before are removed" : "UNMASKED: items seen before stay"}; ${leakageSummary(leakage)}; ${TIES[ties].summary}`,
    split: split.kind,
    masked: mask.masked,
    maskedBecause: mask.because,
    rankedItems,
    ties: TIES[ties].rule,
    queries: { test: testQueries, testUsed: test.queries.size, validation: validationQueries, train: train.size },
    leakage: {
      ...leakage,
      withLaterTraining: orNull(leakage.withLaterTraining),
      laterShare: orNull(leakage.laterShare),
    },
    confidence,
    notes: [...protocolNotes],
  };
}

/** JSON has no NaN. */
function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
