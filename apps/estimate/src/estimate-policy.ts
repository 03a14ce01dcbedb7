import { ESTIMATORS, estimatorOf, type EstimatorName } from "./estimators.js";
import { fitRewards } from "./fit-rewards.js";
import type { SlateSource } from "./log/slate-source.js";
import type { Survey } from "./log/survey.js";
import type { EvaluatedPolicy } from "./policies/evaluated-policy.js";
import { PolicyTotals } from "./policy-totals.js";
import { refusalOf } from "./refusals.js";
import type { PolicyReport } from "./report.js";
import type { Settings } from "./settings.js";

export interface EstimateRun {
  readonly settings: Settings;
  readonly source: SlateSource;
  readonly survey: Survey;
  /** Slates at the start of the log that are left out. */
  readonly from: number;
}

/** Estimates of one policy: a pass that fits reward models where any is needed, and a pass that adds everything up. */
export async function estimatePolicy(policy: EvaluatedPolicy, run: EstimateRun): Promise<PolicyReport> {
  const { settings, survey, source } = run;
  const refused = new Map<EstimatorName, string>();
  const kept = (settings.estimators ?? ESTIMATORS).map(estimatorOf).filter((estimator) => {
    const refusal = refusalOf(estimator, policy, survey);
    if (refusal !== undefined) refused.set(estimator.name, refusal);
    return refusal === undefined;
  });
  const models = await fitRewards(policy, run, new Set(kept.flatMap(({ model }) => model ?? [])));
  const totals = new PolicyTotals({ policy, run, estimators: kept, models });
  await source.read((chunk) => totals.add(chunk));
  return totals.report(refused);
}
