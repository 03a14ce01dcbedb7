import { parseConfig, PlatformError } from "@sequitur/core";
import { meansSampleSize, proportionsSampleSize } from "@sequitur/metrics";
import { z } from "zod";

/** What an experiment is to find, and who takes part. */
export const planSettingsSchema = z.strictObject({
  rate: z.number().gt(0).lt(1).optional().describe("share of the users of control who do it; either this or mean"),
  mean: z.number().positive().optional().describe("of the metric, a user of control; needs deviation"),
  deviation: z.number().positive().optional().describe("standard deviation of the metric over users"),
  effect: z.number().describe("relative effect to find, such as 0.05, not 0; below 0 for a drop"),
  usersPerDay: z.number().positive().describe("users a day who were not there on the days before"),
  traffic: z.number().gt(0).max(1).default(1).describe("share of the users who take part"),
  arms: z.int().min(2).max(20).default(2).describe("with control; all alike in size"),
  alpha: z.number().gt(0).lt(0.5).default(0.05).describe("probability of any false alarm, two-sided"),
  power: z.number().gt(0.5).lt(1).default(0.8).describe("probability to find the effect in one arm"),
});
export type PlanSettings = z.infer<typeof planSettingsSchema>;

/** What the experiment takes. */
export interface ExperimentNeed {
  readonly usersAnArm: number;
  readonly users: number;
  readonly days: number;
  /** Level of each comparison with control: alpha shared out over the treatment arms (Bonferroni). */
  readonly alphaAComparison: number;
}

/** Users and days until a planned effect is found; one look at the end. `bad-config` names what does not fit. */
export function planExperiment(value: unknown, where: string): ExperimentNeed {
  const settings = parseConfig(planSettingsSchema, value, where);
  const alphaAComparison = settings.alpha / (settings.arms - 1);
  const usersAnArm = usersFor(settings, { alpha: alphaAComparison, power: settings.power }, where);
  const users = usersAnArm * settings.arms;
  const days = Math.ceil(users / (settings.usersPerDay * settings.traffic));
  return { usersAnArm, users, days, alphaAComparison };
}

function usersFor(
  { rate, mean, deviation, effect }: PlanSettings,
  test: { readonly alpha: number; readonly power: number },
  where: string,
): number {
  if (effect === 0) throw new PlatformError("bad-config", `${where}: effect must not be 0.`);
  if (rate !== undefined && mean === undefined && deviation === undefined) {
    const treatment = rate * (1 + effect);
    if (treatment > 0 && treatment < 1) return proportionsSampleSize({ control: rate, treatment }, test).control;
    const message = `a rate of ${rate} with an effect of ${effect} becomes ${treatment}`;
    throw new PlatformError("bad-config", `${where}: expected a rate in (0, 1) in both arms, but ${message}.`);
  }
  if (rate === undefined && mean !== undefined && deviation !== undefined) {
    return meansSampleSize({ deviation, difference: mean * effect, ...test }).control;
  }
  throw new PlatformError("bad-config", `${where}: expected either rate, or mean with deviation.`);
}
