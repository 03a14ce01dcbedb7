import { environmentFields, parseReportOf, runFields } from "@sequitur/workbench";
import { z } from "zod";
import { settingsSchema } from "./settings.js";

/** The format of report.json; a reader that does not know it stops. */
export const REPORT_FORMAT = "sequitur-simulation/1";

const worldMeanSchema = z.strictObject({
  mean: z.number().describe("over worlds"),
  low: z.number().nullable().describe("lower end of the t interval over worlds; null with fewer than two worlds"),
  high: z.number().nullable().describe("upper end; null with fewer than two worlds"),
  perSeed: z.array(z.number()).describe("one a world, in the order of `seeds`"),
});
/** A mean over worlds with its t interval. */
export type WorldMean = z.infer<typeof worldMeanSchema>;

const measuresSchema = z.strictObject({
  clicksPerSlate: worldMeanSchema,
  clicks: worldMeanSchema.describe("in a world, over all its users and days"),
  satisfiedPerSlate: worldMeanSchema.describe("share of slates that the person left satisfied"),
  regret: worldMeanSchema
    .nullable()
    .describe("expected clicks that the best slates would have brought more, in a world; null without regret"),
  diversity: worldMeanSchema.describe("1 - share of pairs of a slate in the same group"),
  coverage: worldMeanSchema.describe("share of the items that could be shown that were shown at all"),
  freshShare: worldMeanSchema.describe("share of positions given to items that opened after the first day"),
});
/** What is measured of an arm, over all users of each world, after the warm-up. */
export type ArmMeasures = z.infer<typeof measuresSchema>;

const curveSchema = z.strictObject({
  mean: z.array(z.number()).describe("over worlds, one a day after the warm-up"),
  low: z.array(z.number().nullable()).describe("of the t interval over worlds; null with fewer than two worlds"),
  high: z.array(z.number().nullable()),
});
/** One curve over the days after the warm-up with its band. */
export type DayCurve = z.infer<typeof curveSchema>;

const readingSchema = z.strictObject({
  users: z.number().int().describe("of the arm that saw a slate, all worlds together"),
  slates: z.number().int(),
  clicks: z.number().int(),
  clicksPerSlate: z.number(),
  effect: z
    .strictObject({
      difference: z.number().describe("in clicks per slate, arm - control"),
      relative: z.number().nullable().describe("difference / control; null where control has no clicks"),
      low: z.number(),
      high: z.number(),
      pValue: z.number().describe("of one look at the end"),
      adjustedPValue: z.number().describe("Holm-adjusted over the arms"),
    })
    .nullable()
    .describe("against control; null for control itself, or where a test is not possible"),
  path: z
    .array(
      z.strictObject({
        day: z.number().int().describe("days since the warm-up, this one included"),
        difference: z.number(),
        low: z.number().describe("of the always-valid confidence sequence, corrected (Bonferroni) for the arms"),
        high: z.number(),
        pValue: z.number().describe("always valid, corrected for the arms"),
        naivePValue: z.number().describe("of the test that is only right when looked at once"),
      }),
    )
    .describe("day by day; empty where no test is possible"),
  stoppedOn: z.number().int().nullable().describe("first day the always-valid test allowed to stop; null = never"),
  segments: z
    .array(
      z.strictObject({
        name: z.string(),
        users: z.number().int(),
        difference: z.number().describe("in a user's own click rate, arm - control"),
        low: z.number(),
        high: z.number(),
        adjustedPValue: z.number().describe("Holm-adjusted over the segments"),
      }),
    )
    .describe("groups of users with enough of them in both arms"),
  heterogeneityPValue: z
    .number()
    .nullable()
    .describe('of "the effect is the same in all segments"; null with fewer than two segments'),
});
/** What an A/B test would have said, that shows each user one arm only. */
export type Reading = z.infer<typeof readingSchema>;

const logSchema = z.strictObject({
  positions: z.number().int().describe("shown after the warm-up with a known propensity"),
  meanWeight: z.number().describe("1 where every item could have been shown"),
  largestWeight: z.number(),
  effectiveShare: z.number().describe("(sum w)^2 / sum w^2 over the positions"),
  certainShare: z.number().describe("share of positions whose propensity was above 0.999"),
  leastPropensity: z.number(),
  histogram: z
    .array(z.number().int())
    .describe("positions by propensity: the last is (1/2, 1], each one before it half as much"),
  warnings: z.array(z.string()),
});
/** How far the log of an arm can be used to evaluate other policies: weights of the uniform policy. */
export type LogDiagnostics = z.infer<typeof logSchema>;

const verdictSchema = z
  .enum(["control", "ceiling", "more clicks", "fewer clicks", "not told apart", "failed"])
  .describe("by the interval of the difference in clicks to control, over worlds; ceiling = knows the truth");
/** What came of an arm, in two words. */
export type Verdict = z.infer<typeof verdictSchema>;

const armSchema = z.strictObject({
  label: z.string().describe("unique in the report"),
  name: z.string().describe("POLICY or POLICY:MODEL, oracle or api"),
  error: z.string().nullable().describe("why it has no results; those of the worlds that it finished are not used"),
  measures: measuresSchema.nullable().describe("null when it failed"),
  versusControl: measuresSchema
    .nullable()
    .describe("arm - control, world by world: both had the same users, visits and draws; null for control"),
  verdict: verdictSchema,
  clickRate: curveSchema.nullable().describe("clicks per slate, each day the mean of a week so far; null when failed"),
  regret: curveSchema
    .nullable()
    .describe("cumulative, from the end of the warm-up; null when failed or without regret"),
  reading: readingSchema.nullable().describe("null for the ceiling and failed arms"),
  log: logSchema.nullable().describe("null for the ceiling, failed arms, and where no propensity is known"),
});
/** One arm. */
export type ArmReport = z.infer<typeof armSchema>;

const sampleRatioSchema = z.strictObject({
  counts: z.array(z.strictObject({ arm: z.string(), users: z.number().int() })),
  pValue: z.number().describe("of the assignment being as designed"),
  mismatch: z.boolean(),
});
/** Did assignment fill the arms as designed? */
export type SampleRatioReport = z.infer<typeof sampleRatioSchema>;

const powerSchema = z.strictObject({
  usersPerArm: z.number().int(),
  detectable: z
    .number()
    .describe("smallest relative difference in clicks per slate found with probability 0.8 by one look at the end"),
  needed: z.number().int().describe("users an arm needs for the relative difference `effect`"),
  effect: z.number().describe("relative difference in clicks per slate, of the settings"),
});
/** What the experiment could find. */
export type PowerReport = z.infer<typeof powerSchema>;

/** The schema of report.json. */
export const reportSchema = z.strictObject({
  format: z.literal(REPORT_FORMAT),
  title: z.string(),
  environment: z.strictObject(environmentFields),
  ...runFields,
  seeds: z.array(z.number().int()).describe("of the worlds"),
  config: settingsSchema.describe("the resolved settings: give the report back as --config to repeat it"),
  control: z.string().describe("label of the arm that others are compared with"),
  visits: z.number().int().describe("slates of one arm in all worlds, the warm-up included"),
  arms: z.array(armSchema).describe("in the order of the settings"),
  sampleRatio: sampleRatioSchema.nullable().describe("null where no arm but one has users"),
  power: powerSchema.nullable().describe("null where control has no clicks"),
  notes: z.array(z.string()).describe("loud notes: failures, too few worlds, logs that can tell nothing"),
});
/** What one experiment found; report.json holds exactly this. */
export type Report = z.infer<typeof reportSchema>;

/** Checks what was read from a report.json; `where` names the file. `bad-data` says what is wrong. */
export function parseReport(value: unknown, where: string): Report {
  return parseReportOf(reportSchema, value, REPORT_FORMAT, where);
}
