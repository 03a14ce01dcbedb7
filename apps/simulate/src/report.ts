import type { Settings } from "./settings.js";

/** The format of report.json. */
export const REPORT_FORMAT = "sequitur-simulation/1";

/** A mean over worlds with its t interval; low and high are null with fewer than two worlds. */
export interface WorldMean {
  readonly mean: number;
  readonly low: number | null;
  readonly high: number | null;
  /** One a world, in the order of `seeds`. */
  readonly perSeed: readonly number[];
}

/** What is measured of an arm, over all users of each world, after the warm-up. */
export interface ArmMeasures {
  readonly clicksPerSlate: WorldMean;
  readonly clicks: WorldMean;
  readonly satisfiedPerSlate: WorldMean;
  /** Expected clicks that the best slates would have brought more, in all; null without regret. */
  readonly regret: WorldMean | null;
  /** 1 - share of pairs of a slate in the same group. */
  readonly diversity: WorldMean;
  /** Share of the items that could be shown that were shown at all. */
  readonly coverage: WorldMean;
  /** Share of positions given to items that opened after the first day. */
  readonly freshShare: WorldMean;
}

/** One curve over the days after the warm-up: its mean over worlds and the band of the t interval. */
export interface DayCurve {
  readonly mean: readonly number[];
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
}

/** What an A/B test would have said, that shows each user one arm only. */
export interface Reading {
  readonly users: number;
  readonly slates: number;
  readonly clicks: number;
  readonly clicksPerSlate: number;
  /** Against control; null for control itself, or where a test is not possible. */
  readonly effect: {
    readonly difference: number;
    readonly relative: number | null;
    readonly low: number;
    readonly high: number;
    readonly pValue: number;
    /** Holm-adjusted over the arms. */
    readonly adjustedPValue: number;
  } | null;
  /** Day by day since the warm-up; empty where no test is possible. */
  readonly path: readonly {
    readonly day: number;
    readonly difference: number;
    /** The always-valid confidence sequence and its p-value, corrected (Bonferroni) for the number of arms. */
    readonly low: number;
    readonly high: number;
    readonly pValue: number;
    /** Of the t test that is only right when looked at once. */
    readonly naivePValue: number;
  }[];
  /** First day on which the always-valid test allowed to stop; null = never. */
  readonly stoppedOn: number | null;
  readonly segments: readonly {
    readonly name: string;
    readonly users: number;
    readonly difference: number;
    readonly low: number;
    readonly high: number;
    readonly adjustedPValue: number;
  }[];
  /** P-value of "the effect is the same in all segments"; null with fewer than two segments. */
  readonly heterogeneityPValue: number | null;
}

/** How far the log of an arm can be used to evaluate other policies: weights of the uniform policy. */
export interface LogDiagnostics {
  readonly positions: number;
  /** Mean weight: 1 where every item could have been shown. */
  readonly meanWeight: number;
  readonly largestWeight: number;
  /** (sum w)^2 / sum w^2 over the positions. */
  readonly effectiveShare: number;
  readonly certainShare: number;
  readonly leastPropensity: number;
  /** Positions by propensity: the last is (1/2, 1], each one before it half as much. */
  readonly histogram: readonly number[];
  readonly warnings: readonly string[];
}

export type Verdict = "control" | "ceiling" | "more clicks" | "fewer clicks" | "not told apart" | "failed";

/** One arm. */
export interface ArmReport {
  readonly label: string;
  readonly name: string;
  /** Why it has no results; those of the worlds that it finished are not used. */
  readonly error: string | null;
  readonly measures: ArmMeasures | null;
  /** Arm - control, world by world: both had the same users, visits and draws. */
  readonly versusControl: ArmMeasures | null;
  readonly verdict: Verdict;
  readonly clickRate: DayCurve | null;
  /** Cumulative, from the end of the warm-up. */
  readonly regret: DayCurve | null;
  readonly reading: Reading | null;
  readonly log: LogDiagnostics | null;
}

/** Did assignment fill the arms as designed? */
export interface SampleRatioReport {
  readonly counts: readonly { readonly arm: string; readonly users: number }[];
  readonly pValue: number;
  readonly mismatch: boolean;
}

/** What the experiment could find. */
export interface PowerReport {
  readonly usersPerArm: number;
  /** Smallest relative difference in clicks per slate found with probability 0.8 by one look at the end. */
  readonly detectable: number;
  /** Users an arm needs for the relative difference of the settings. */
  readonly needed: number;
  readonly effect: number;
}

/** What report.json holds. */
export interface Report {
  readonly format: typeof REPORT_FORMAT;
  readonly title: string;
  readonly startedAt: string;
  readonly seconds: number;
  readonly environment: { readonly commit: string | null; readonly node: string; readonly machine: string };
  readonly config: Settings;
  readonly control: string;
  readonly seeds: readonly number[];
  readonly visits: number;
  readonly arms: readonly ArmReport[];
  readonly sampleRatio: SampleRatioReport | null;
  readonly power: PowerReport | null;
  readonly notes: readonly string[];
}
