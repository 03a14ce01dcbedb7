import { FEW_UNITS } from "../../intervals/interval.js";
import type { StreamEstimate } from "./estimate-totals.js";
import type { PropensityReading } from "./propensity-check.js";

/** Propensities of a log that are estimates themselves. */
export interface EstimatedPropensities {
  /** Slates that have some. */
  readonly slates: number;
  /** Mean of standard error / propensity over their estimated places; 0 where there are none. */
  readonly relativeError: number;
}

/** What a log is, as far as a question can be answered from it. */
export interface LogSupport {
  readonly slates: number;
  /** Slates whose propensities are known. */
  readonly known: number;
  /** Shown positions that were rewarded, among the known, and those of them that the evaluation policy may show. */
  readonly rewarded: number;
  readonly rewardedInSupport: number;
  readonly propensities: PropensityReading;
  /** Absent: all that are known are exact. */
  readonly estimated?: EstimatedPropensities;
  /** An estimate with the weights in question; undefined without any overlap. */
  readonly estimate: StreamEstimate | undefined;
}

/** "Can this log answer the question?", and why. */
export interface LogVerdict {
  readonly answer: "yes" | "with care" | "no";
  readonly reasons: readonly string[];
}

const MEAN_ERRORS = 4;
/** Effective rows below which an estimate is a guess, and below which it needs care. */
const TOO_FEW_ROWS = 10;
const FEW_ROWS = 100;
const FEW_REWARDS = 10;
const HEAVY_SHARE = 0.1;
/** Share of cells that may be off before propensities as such are doubted. */
const WRONG_CELLS = 0.05;

/** The verdict on a log for one evaluation policy; each reason names its cause and what to do. */
export function judgeLog(support: LogSupport): LogVerdict {
  const fatal = fatalReasons(support);
  if (fatal.length > 0) return { answer: "no", reasons: fatal };
  const reasons = careReasons(support);
  return { answer: reasons.length === 0 ? "yes" : "with care", reasons };
}

function fatalReasons(support: LogSupport): string[] {
  const { slates, known, estimate, rewardedInSupport } = support;
  if (slates === 0) return ["The log is empty."];
  if (known === 0) {
    return [
      "No propensity of this log is known. Log slates by a policy that gives its probabilities, then estimate again.",
    ];
  }
  if (estimate === undefined) {
    return ["No overlap: the policy shows nothing of what was logged. Log with some exploration, then estimate again."];
  }
  const reasons: string[] = [];
  if (estimate.units < FEW_UNITS)
    reasons.push(`Only ${estimate.units} independent units; at least ${FEW_UNITS} are needed.`);
  const rows = estimate.weights?.effectiveSampleSize ?? estimate.rows;
  if (rows < TOO_FEW_ROWS) {
    reasons.push(
      `${estimate.rows} rows weigh like ${rows.toFixed(1)}: the policy mostly shows what was rarely logged. A longer or more exploring log is needed.`,
    );
  }
  if (rewardedInSupport === 0)
    reasons.push("None of the rewarded items can be shown by the policy: every weighted reward is 0.");
  const wrong = wrongPropensities(support.propensities);
  if (wrong !== undefined) reasons.push(wrong);
  return reasons;
}

function careReasons(support: LogSupport): string[] {
  const { slates, known, rewardedInSupport, estimate } = support;
  const { weights, rows } = estimate!;
  const reasons: string[] = [];
  if (known < slates) {
    const share = ((100 * (slates - known)) / slates).toFixed(1);
    reasons.push(`${share} % of the slates have unknown propensities and are left out; the rest may differ from them.`);
  }
  if (support.estimated !== undefined && support.estimated.slates > 0) reasons.push(estimatedReason(support.estimated));
  if (weights !== undefined) for (const reason of meanReasons(weights.mean, weights.meanError)) reasons.push(reason);
  if (weights !== undefined && weights.effectiveSampleSize < FEW_ROWS) {
    reasons.push(`Weak overlap: ${rows} rows weigh like ${weights.effectiveSampleSize.toFixed(1)}.`);
  }
  if (weights !== undefined && weights.count > 1 / HEAVY_SHARE && weights.largestShare > HEAVY_SHARE) {
    reasons.push(`One row carries ${(100 * weights.largestShare).toFixed(0)} % of all weight.`);
  }
  if (rewardedInSupport < FEW_REWARDS) reasons.push(`The estimate rests on ${rewardedInSupport} rewarded items.`);
  return reasons;
}

/** Noise in 1 / p is part of the spread that intervals measure, and bends what is not linear in it. */
function estimatedReason({ slates, relativeError }: EstimatedPropensities): string {
  const error = (100 * relativeError).toPrecision(2);
  return `The propensities of ${slates} slates are estimates, ${error} % off on average: intervals are wider for it, and estimators that are not linear in 1 / p (snips, clipped-ips, switch-dr, products over slates) lean.`;
}

/** A mean weight away from 1; wrong propensities were found before, so a low one means missing support. */
function meanReasons(mean: number, error: number): string[] {
  if (mean < 1 - MEAN_ERRORS * error - 1e-9) {
    const lost = (100 * (1 - mean)).toPrecision(2);
    return [
      `Missing support: about ${lost} % of what the policy shows was never logged; its reward is not in the estimate.`,
    ];
  }
  if (mean > 1 + MEAN_ERRORS * error + 1e-9) {
    return [
      `The mean weight is ${mean.toPrecision(3)} where it must be 1: the probabilities of the evaluated policy are too large.`,
    ];
  }
  return [];
}

function wrongPropensities({ cells, tooLarge, tooSmall, medianRatio }: PropensityReading): string | undefined {
  if (cells === 0) return undefined;
  const ratio = medianRatio.toPrecision(3);
  if (tooLarge / cells > WRONG_CELLS) {
    return `The logged propensities are too large: at ${tooLarge} of ${cells} checked places items were shown less often than they say (median ratio ${ratio}, should be 1). Perhaps they are probabilities given the items above, or the items were on offer for part of the time only.`;
  }
  if (tooSmall / cells > WRONG_CELLS) {
    return `The logged propensities are too small: at ${tooSmall} of ${cells} checked places items were shown more often than they say (median ratio ${ratio}, should be 1).`;
  }
  return undefined;
}
