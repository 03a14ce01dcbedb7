import type {
  EstimatedPropensities,
  LogVerdict,
  ModelQuality,
  PropensityReading,
  StreamEstimate,
} from "@sequitur/metrics";
import type { EstimatorName } from "./estimators.js";
import type { Settings } from "./settings.js";

export const REPORT_FORMAT = "sequitur-estimate/1";

/** Everything that an estimation found. Rewards are per slate, or per shown item where the log has no slates. */
export interface Report {
  readonly format: typeof REPORT_FORMAT;
  readonly title: string;
  readonly config: Settings;
  readonly environment: { readonly commit: string | null; readonly node: string; readonly machine: string };
  readonly startedAt: string;
  readonly seconds: number;
  readonly log: LogReport;
  readonly policies: readonly PolicyReport[];
}

/** The log as a whole. */
export interface LogReport {
  readonly name: string;
  /** "slate" or "shown item": what the rewards are counted by. */
  readonly unit: "slate" | "shown item";
  readonly slates: number;
  readonly places: number;
  readonly positions: number;
  readonly items: number;
  readonly rewards: number;
  readonly knownPropensities: number;
  readonly knownConditionals: number;
  /** Slates with estimated propensities, and the mean standard error of these as a share of the propensity. */
  readonly estimated: EstimatedPropensities;
  /** Slates at the start that fitted models and were not evaluated. */
  readonly fitSlates: number;
}

/** One policy: can the log tell, and what does it tell. */
export interface PolicyReport {
  readonly policy: string;
  readonly basis: string;
  readonly verdict: LogVerdict;
  /** Slates evaluated, and those of them with known probabilities. */
  readonly slates: number;
  readonly known: number;
  readonly rewarded: number;
  readonly rewardedInSupport: number;
  readonly propensities: PropensityReading;
  readonly estimates: readonly EstimateReport[];
  /** Estimators that cannot be had, and why. */
  readonly skipped: readonly { readonly estimator: EstimatorName; readonly reason: string }[];
  /** How well the reward model predicts; null where none was fitted. */
  readonly model: ModelQuality | null;
}

/** One estimate; null where there is none. */
export interface EstimateReport {
  readonly estimator: EstimatorName;
  readonly note: string;
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly standardError: number | null;
  readonly rows: number;
  /** Independent units: users, or slates; at most the number of buckets. */
  readonly units: number;
  readonly effectiveRows: number | null;
  readonly meanWeight: number | null;
  readonly largestWeight: number | null;
  readonly warnings: readonly string[];
}

/** An estimate as a row of the report; undefined: nothing that was logged can come from the policy. */
export function estimateReport(
  estimator: EstimatorName,
  note: string,
  found: StreamEstimate | undefined,
): EstimateReport {
  const known = (value: number | undefined): number | null => (Number.isFinite(value) ? value! : null);
  const { weights } = found ?? {};
  return {
    estimator,
    note,
    value: known(found?.value),
    low: known(found?.low),
    high: known(found?.high),
    standardError: known(found?.standardError),
    rows: found?.rows ?? 0,
    units: found?.units ?? 0,
    effectiveRows: known(weights?.effectiveSampleSize),
    meanWeight: known(weights?.mean),
    largestWeight: known(weights?.max),
    warnings: found === undefined ? ["no overlap with the log."] : found.warnings,
  };
}
