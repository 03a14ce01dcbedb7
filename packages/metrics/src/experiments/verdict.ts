import type { ArmReading, MetricReading } from "./read-experiment.js";
import type { SampleRatio } from "./sample-ratio.js";

/** A metric that an arm must not harm. */
export interface GuardrailReading {
  readonly name: string;
  /** Relative loss that may be borne, at least 0: 0.02 is 2 %. */
  readonly tolerated: number;
  /** Whether more of it is better. */
  readonly more: boolean;
  readonly reading: MetricReading;
}

export interface VerdictInput {
  readonly metric: string;
  readonly alpha: number;
  readonly reading: MetricReading;
  readonly guardrails: readonly GuardrailReading[];
  readonly sampleRatio: Pick<SampleRatio, "mismatch"> | null;
}

/** What follows for one arm. */
export interface ArmVerdict {
  readonly arm: string;
  readonly decision: "better" | "worse" | "guardrail" | "undecided" | "untrustworthy";
  /** One sentence for people. */
  readonly sentence: string;
}

/**
 * The verdict on each arm. It rests on the always-valid test, so it may be asked for every day; a broken sample ratio
 * comes first, then guardrails.
 */
export function verdictsOf(input: VerdictInput): ArmVerdict[] {
  return input.reading.effects.map((effect) => verdictOf(effect, input));
}

function verdictOf(effect: ArmReading, input: VerdictInput): ArmVerdict {
  const { arm } = effect;
  if (input.sampleRatio?.mismatch === true) {
    const sentence = "The arms did not get users as designed (sample ratio mismatch): find out why before you read on.";
    return { arm, decision: "untrustworthy", sentence };
  }
  const harmed = input.guardrails.find((guardrail) => isHarmed(guardrail, arm, input.alpha));
  if (harmed !== undefined) {
    return { arm, decision: "guardrail", sentence: `${arm} harms the guardrail ${harmed.name}: stop it.` };
  }
  const { alwaysValid } = effect;
  if (alwaysValid !== null && alwaysValid.pValue <= input.alpha) {
    const decision = effect.difference > 0 ? "better" : "worse";
    const sentence = `${arm} has ${decision === "better" ? "more" : "less"} ${input.metric} than control${liftText(effect)}; this holds however often you looked.`;
    return { arm, decision, sentence };
  }
  return { arm, decision: "undecided", sentence: undecided(arm, input, alwaysValid === null) };
}

/** Whether the always-valid interval lies wholly beyond the loss that may be borne. */
function isHarmed({ reading, tolerated, more }: GuardrailReading, arm: string, alpha: number): boolean {
  const effect = reading.effects.find((own) => own.arm === arm);
  if (effect?.alwaysValid == null || effect.alwaysValid.pValue > alpha) return false;
  const borne = tolerated * Math.abs(effect.control);
  return more ? effect.alwaysValid.high < -borne : effect.alwaysValid.low > borne;
}

function undecided(arm: string, { reading, metric }: VerdictInput, early: boolean): string {
  const days = reading.power?.daysNeeded;
  const wait = days == null || days === 0 ? "" : ` About ${days} more days find the planned effect.`;
  if (early) return `Too early to judge ${arm}: each arm needs 100 users and 10 of ${metric}.${wait}`;
  return days === 0
    ? `No difference in ${metric} between ${arm} and control was found, with users enough for the planned effect.`
    : `No decision on ${arm} yet.${wait}`;
}

function liftText({ relativeEffect: { lift, low, high } }: ArmReading): string {
  const percent = (value: number): string => `${value > 0 ? "+" : ""}${(100 * value).toFixed(1)} %`;
  if (lift === null) return "";
  return low === null || high === null
    ? ` (${percent(lift)})`
    : ` (${percent(lift)}, ${percent(low)} to ${percent(high)})`;
}
