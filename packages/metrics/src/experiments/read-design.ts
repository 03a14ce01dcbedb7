import { PlatformError, Random } from "@sequitur/core";
import { banditRegretBound, type BanditPlan } from "./arm-bandit.js";
import type { Effect } from "./effect.js";
import { checkRows, sumByUnit, type ExperimentRows } from "./experiment-rows.js";
import { interleavingTest, type InterleavingResult } from "./interleaving.js";
import { readBandit, type BanditReading } from "./read-bandit.js";
import { readSequential, type SequentialPlan, type SequentialReading } from "./read-sequential.js";
import { switchbackDesign, switchbackEffect, type SwitchbackDesign, type SwitchbackEffect } from "./switchback.js";
import type { ArmVerdict } from "./verdict.js";

/** Experiments other than plain A/B tests, as they were planned. */
export type Design =
  | {
      readonly kind: "sequential";
      readonly looks: number;
      readonly units: number;
      readonly shape: SequentialPlan["shape"];
    }
  | { readonly kind: "switchback"; readonly blockMs: number; readonly pairs: number; readonly burnInMs: number }
  | { readonly kind: "interleaving" }
  | { readonly kind: "bandit"; readonly horizon: number; readonly contexts: number };

/** What else the reading needs. */
export interface DesignRun {
  readonly alpha: number;
  /** Seeds the coins of the design, as it seeds the assignment. */
  readonly salt: string;
  readonly startMs: number;
  /** What the metric is called in sentences. */
  readonly metric: string;
}

/** The reading of a design; null where there is too little to read. */
export type DesignReading =
  | { readonly kind: "sequential"; readonly result: SequentialReading }
  | { readonly kind: "switchback"; readonly result: SwitchbackEffect | null }
  | { readonly kind: "interleaving"; readonly result: InterleavingResult | null }
  | { readonly kind: "bandit"; readonly result: BanditReading | null; readonly regretBound: number };

/** The blocks of a switchback experiment, the same wherever they are drawn. */
export function designBlocks(
  { blockMs, pairs }: Extract<Design, { kind: "switchback" }>,
  run: BlockRun,
): SwitchbackDesign {
  return switchbackDesign({ startMs: run.startMs, blockMs, pairs, random: new Random(`switchback/${run.salt}`) });
}
type BlockRun = Pick<DesignRun, "salt" | "startMs">;

/** The reading and the verdicts of a design: the one code path of served and of simulated experiments. */
export function readDesign(
  design: Design,
  rows: ExperimentRows,
  run: DesignRun,
): { readonly reading: DesignReading; readonly verdicts: readonly ArmVerdict[] } {
  checkRows(rows);
  const reading = readingOf(design, rows, run);
  return { reading, verdicts: rows.arms.slice(1).map((arm) => verdictOn(arm, reading, design, { rows, run })) };
}

function readingOf(design: Design, rows: ExperimentRows, run: DesignRun): DesignReading {
  const { alpha } = run;
  const level = 1 - alpha / (rows.arms.length - 1);
  switch (design.kind) {
    case "sequential":
      return { kind: "sequential", result: readSequential(rows, { ...design, alpha }) };
    case "switchback": {
      const { times, values } = rows;
      const random = new Random(`flips/${run.salt}`);
      const options = { level, burnInMs: design.burnInMs, random };
      return { kind: "switchback", result: effectOfBlocks(designBlocks(design, run), { times, values }, options) };
    }
    case "interleaving": {
      const credits = rows.credits;
      if (credits === undefined) throw new PlatformError("bad-data", "an interleaved log must have credits.");
      const totals = sumByUnit(rows.units, credits);
      return { kind: "interleaving", result: totals.length < 2 ? null : interleavingTest(totals, { level }) };
    }
    case "bandit": {
      const plan: BanditPlan = { arms: rows.arms.length, contexts: design.contexts, horizon: design.horizon };
      const result = new Set(rows.units).size < 2 ? null : readBandit(rows, { level });
      return { kind: "bandit", result, regretBound: banditRegretBound(plan) };
    }
  }
}

/** The effect of a switchback; null while fewer than two pairs of blocks have requests on both sides. */
function effectOfBlocks(...read: Parameters<typeof switchbackEffect>): SwitchbackEffect | null {
  try {
    return switchbackEffect(...read);
  } catch (error) {
    if (error instanceof PlatformError && error.code === "bad-data") return null;
    throw error;
  }
}

interface Judged {
  readonly rows: ExperimentRows;
  readonly run: DesignRun;
}

function verdictOn(arm: string, reading: DesignReading, design: Design, judged: Judged): ArmVerdict {
  switch (reading.kind) {
    case "sequential":
      return sequentialVerdict(arm, reading.result, judged.run);
    case "switchback": {
      const { result } = reading;
      const found = result !== null && result.randomisationPValue <= judged.run.alpha;
      const wait = isSwitchbackOver(design, judged) ? undefined : "its blocks are not over";
      return onePlannedLook(arm, { effect: result, found, wait }, judged.run);
    }
    case "interleaving":
      return interleavingVerdict(arm, reading.result, judged.run);
    case "bandit": {
      const effect = reading.result?.effects.find((own) => own.arm === arm) ?? null;
      const found = effect !== null && (effect.low > 0 || effect.high < 0);
      const over = design.kind === "bandit" && judged.rows.units.length >= design.horizon;
      const wait = over ? undefined : "the requests it was planned for have not come";
      return onePlannedLook(arm, { effect, found, wait }, judged.run);
    }
  }
}

function isSwitchbackOver(design: Design, { rows, run }: Judged): boolean {
  if (design.kind !== "switchback") return false;
  const last = rows.times.at(-1) ?? -Infinity;
  return last >= run.startMs + (2 * design.pairs - 1) * design.blockMs;
}

function sequentialVerdict(arm: string, { arms, plan, units }: SequentialReading, { metric }: DesignRun): ArmVerdict {
  const own = arms.find((one) => one.arm === arm)!;
  const stop = own.looks.find(({ look }) => look === own.stoppedAt);
  if (stop !== undefined) {
    const decision = stop.difference > 0 ? "better" : "worse";
    const sentence = `${arm} has ${decision === "better" ? "more" : "less"} ${metric} than control: look ${stop.look} of ${plan.looks} crossed its bound.`;
    return { arm, decision, sentence };
  }
  const sentence =
    own.looks.length === plan.looks
      ? `No difference in ${metric} between ${arm} and control was found at any of the ${plan.looks} looks.`
      : `No decision on ${arm} yet: ${own.looks.length} of ${plan.looks} looks, ${units} of ${plan.units} units.`;
  return { arm, decision: "undecided", sentence };
}

function interleavingVerdict(arm: string, result: InterleavingResult | null, { alpha, metric }: DesignRun): ArmVerdict {
  if (result === null) {
    return { arm, decision: "undecided", sentence: `Too early to judge ${arm}: nobody has seen both lists yet.` };
  }
  const wins = `${result.winsB} users to ${result.winsA}`;
  if (result.pValue > alpha) {
    return { arm, decision: "undecided", sentence: `No preference between ${arm} and control was found (${wins}).` };
  }
  const decision = result.preference > 0 ? "better" : "worse";
  const sentence = `Users give ${decision === "better" ? "more" : "less"} ${metric} to the items of ${arm} than to those of control (${wins}); this holds for one look.`;
  return { arm, decision, sentence };
}

interface PlannedLook {
  readonly effect: Pick<Effect, "difference"> | null;
  /** Whether the difference is beyond chance. */
  readonly found: boolean;
  /** Why it is not yet time to look. */
  readonly wait: string | undefined;
}

function onePlannedLook(arm: string, { effect, found, wait }: PlannedLook, { metric }: DesignRun): ArmVerdict {
  if (effect === null)
    return { arm, decision: "undecided", sentence: `Too early to judge ${arm}: too little came in.` };
  if (wait !== undefined) return { arm, decision: "undecided", sentence: `No decision on ${arm} yet: ${wait}.` };
  if (!found) {
    return { arm, decision: "undecided", sentence: `No difference in ${metric} between ${arm} and control was found.` };
  }
  const decision = effect.difference > 0 ? "better" : "worse";
  return { arm, decision, sentence: `${arm} has ${decision === "better" ? "more" : "less"} ${metric} than control.` };
}
