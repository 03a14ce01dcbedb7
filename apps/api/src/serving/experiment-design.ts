import { MINUTE_MS } from "@sequitur/core";
import type { Design, DesignRun, ExperimentRows } from "@sequitur/metrics";
import type { Experiment, ExperimentRow } from "@sequitur/store";
import { z } from "zod";
import type { ExperimentPlan } from "../schemas/experiment-schemas.js";

type PlannedDesign = ExperimentPlan["design"];

/** The design of a plan in the words of the code that reads it; undefined for plain A/B tests. */
export function designOf(design: PlannedDesign): Design | undefined {
  switch (design.kind) {
    case "ab":
      return undefined;
    case "sequential":
    case "interleaving":
      return design;
    case "switchback":
      return switchbackOf(design);
    case "bandit":
      return { kind: "bandit", horizon: design.horizon, contexts: design.contexts.length + 1 };
  }
}

function switchbackOf({ pairs, blockMinutes, burnInMinutes }: Extract<PlannedDesign, { kind: "switchback" }>) {
  return { kind: "switchback" as const, pairs, blockMs: blockMinutes * MINUTE_MS, burnInMs: burnInMinutes * MINUTE_MS };
}

/** What `designBlocks` draws the blocks of a running switchback from. */
export function blocksOf(
  design: Extract<PlannedDesign, { kind: "switchback" }>,
  experiment: Experiment,
): [Extract<Design, { kind: "switchback" }>, Pick<DesignRun, "salt" | "startMs">] {
  return [switchbackOf(design), { salt: experiment.salt, startMs: experiment.startedAt ?? Number.NaN }];
}

const aboutSchema = z.object({ probabilities: z.array(z.number()).optional() });

/** Requests of the store as the columns that experiments are read from; a bandit's reward is whether there was any. */
export function rowsOf(arms: readonly string[], rows: readonly ExperimentRow[], design: Design): ExperimentRows {
  const isBandit = design.kind === "bandit";
  return {
    arms,
    units: Int32Array.from(rows, ({ unit }) => unit),
    times: Float64Array.from(rows, ({ time }) => time),
    answered: Int32Array.from(rows, ({ arm }) => (arm === null ? -1 : arms.indexOf(arm))),
    values: Float64Array.from(rows, ({ value }) => (isBandit ? Number(value > 0) : value)),
    ...(isBandit && { probabilities: Float64Array.from(rows.flatMap(({ about }) => probabilitiesOf(about, arms))) }),
    ...(design.kind === "interleaving" && { credits: Float64Array.from(rows, ({ credit }) => credit) }),
  };
}

function probabilitiesOf(about: unknown, arms: readonly string[]): readonly number[] {
  return aboutSchema.parse(about ?? {}).probabilities ?? arms.map(() => Number.NaN);
}
