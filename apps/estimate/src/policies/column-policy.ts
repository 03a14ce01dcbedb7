import { PlatformError } from "@sequitur/core";
import type { EvaluatedPolicy } from "./evaluated-policy.js";

/** A policy whose probabilities of the logged items stand in the log. */
export const columnPolicy: EvaluatedPolicy = {
  name: "column",
  basis: "as written in the log's columns evaluation and evaluation_conditional",
  hasConditionals: true,
  hasDistribution: false,
  evaluate({ evaluation, evaluationConditionals, start }) {
    const missing = evaluation.findIndex((probability) => Number.isNaN(probability));
    if (missing >= 0) {
      const message = `policy column needs a column evaluation with a number in every row, got none in the slates from ${start} on`;
      throw new PlatformError("bad-data", `${message}; name it with --map evaluation=COLUMN.`);
    }
    const known = evaluationConditionals.every((probability) => !Number.isNaN(probability));
    return { marginals: evaluation, ...(known && { conditionals: evaluationConditionals }) };
  },
};
