import { readAsAbTest } from "./analysis/ab-reading.js";
import { curvesOf, differences, logDiagnostics, measureArm } from "./analysis/measure-arm.js";
import type { Piece } from "./piece.js";
import { REPORT_FORMAT, type ArmMeasures, type ArmReport, type Report, type Verdict } from "./report.js";
import { controlOf, labelOf, type ArmChoice, type Settings } from "./settings.js";

/** What one arm gave: its pieces, one a world, or why there are none. */
export interface Outcome {
  readonly arm: ArmChoice;
  readonly pieces: readonly Piece[];
  readonly error: string | null;
}

type About = Pick<Report, "environment" | "startedAt" | "seconds" | "seeds">;

/** The report of an experiment whose arms have ended. */
export function buildReport(outcomes: readonly Outcome[], settings: Settings, about: About): Report {
  const control = controlOf(settings);
  const finished = outcomes.filter(({ error }) => error === null);
  const pieces = new Map(finished.map(({ arm, pieces: own }) => [labelOf(arm), own] as const));
  const measures = new Map([...pieces].map(([label, own]) => [label, measureArm(own, settings)] as const));
  // The oracle is no arm that anybody could ship: it takes no users from the test.
  const shippable = new Map([...pieces].filter(([label]) => !isOracle(label, settings)));
  const test = readAsAbTest(shippable, control, settings);
  const arms = outcomes.map(({ arm, error }): ArmReport => {
    const label = labelOf(arm);
    const own = pieces.get(label);
    if (own === undefined) return failedArm(arm, error ?? "it did not run.");
    const base = measures.get(control);
    const versus =
      label === control || base === undefined ? null : differences(measures.get(label)!, base, settings.alpha);
    const { clickRate, regret } = curvesOf(own, settings);
    return {
      label,
      name: arm.name,
      error: null,
      measures: measures.get(label)!,
      versusControl: versus,
      verdict: isOracle(label, settings) ? "ceiling" : label === control ? "control" : verdictOf(versus),
      clickRate,
      regret,
      reading: test.readings.get(label) ?? null,
      log: isOracle(label, settings) ? null : logDiagnostics(own),
    };
  });
  const { sampleRatio, power } = test;
  return {
    format: REPORT_FORMAT,
    title: settings.title || `${outcomes.length} arms in the ${settings.world.kind} world`,
    ...about,
    config: settings,
    control,
    visits: finished[0]?.pieces.reduce((sum, { day }) => sum + day.length, 0) ?? 0,
    arms,
    sampleRatio,
    power,
    notes: notesOf(arms, settings, { sampleRatio }),
  };
}

function isOracle(label: string, { arms }: Settings): boolean {
  return arms.some((arm) => labelOf(arm) === label && arm.name === "oracle");
}

/** By clicks over all users of the same worlds; "not told apart" where the interval holds 0 or there is none. */
function verdictOf(versus: ArmMeasures | null): Verdict {
  const { low, high } = versus?.clicks ?? { low: null, high: null };
  if (low === null || high === null) return "not told apart";
  return low > 0 ? "more clicks" : high < 0 ? "fewer clicks" : "not told apart";
}

function failedArm(arm: ArmChoice, error: string): ArmReport {
  return {
    label: labelOf(arm),
    name: arm.name,
    error,
    measures: null,
    versusControl: null,
    verdict: "failed",
    clickRate: null,
    regret: null,
    reading: null,
    log: null,
  };
}

function notesOf(
  arms: readonly ArmReport[],
  settings: Settings,
  { sampleRatio }: Pick<Report, "sampleRatio">,
): string[] {
  const notes: string[] = [];
  for (const { label, error } of arms) if (error !== null) notes.push(`${label} failed: ${error}`);
  const control = controlOf(settings);
  if (arms.some(({ label, error }) => label === control && error !== null)) {
    notes.push(`The control ${control} failed, so nothing is compared.`);
  }
  if (settings.seeds === 1)
    notes.push("One world only: how the result varies between worlds is not known, so there are no verdicts.");
  if (sampleRatio?.mismatch === true)
    notes.push("The arms did not get users as designed: find out why before reading the A/B test.");
  const blind = arms.filter(
    ({ log }) => log?.warnings.some((warning) => warning.startsWith("missing support")) === true,
  );
  if (blind.length > 0) {
    const labels = blind.map(({ label }) => label).join(", ");
    notes.push(`No other policy can be evaluated on the log of ${labels}: most items had no chance to be shown.`);
  }
  return notes;
}
