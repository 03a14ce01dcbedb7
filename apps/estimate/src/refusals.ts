import type { Estimator } from "./estimators.js";
import type { Survey } from "./log/survey.js";
import type { EvaluatedPolicy } from "./policies/evaluated-policy.js";

/** Why an estimator cannot be had for a policy from a log; undefined where it can. */
export function refusalOf(
  { name, input, model }: Estimator,
  policy: EvaluatedPolicy,
  survey: Survey,
): string | undefined {
  if (model !== undefined && !policy.hasDistribution) {
    return `needs the probability of every item, and policy ${policy.name} gives those of the logged items only`;
  }
  if (input.of === "places") {
    if (name === "naive" || survey.knownPropensities > 0) return undefined;
    return "needs propensities, P(item at its position), and none is known";
  }
  if (!survey.grouped) return "needs whole slates, and no column of the log says which rows belong together";
  if (input.of === "slates") {
    if (survey.knownPropensities === 0) return "needs propensities, P(item at its position), and none is known";
    const full = name !== "pi" || survey.places === survey.slates * survey.positions;
    return full ? undefined : "needs slates of one length";
  }
  if (survey.knownConditionals === 0) return "needs conditionals, P(item | items above), and none is known";
  return policy.hasConditionals ? undefined : `needs P(item | items above), which policy ${policy.name} does not give`;
}
