import { PlatformError } from "@sequitur/core";
import { assignArm, takesPart, type Arm } from "@sequitur/store";
import { planOf } from "../schemas/experiment-schemas.js";
import { policySchema, type PolicyChoice } from "../schemas/recommendation-schemas.js";
import type { Serving } from "./serving.js";

/**
 * The arm of the user who asks, when they ask under an experiment; the same for ever. Undefined for users outside its
 * traffic and for the holdout. `not-found` when it does not run.
 */
export async function armFor(
  serving: Serving,
  {
    experiment: experimentId,
    userId,
  }: { readonly experiment?: string | undefined; readonly userId?: string | undefined },
): Promise<Arm | undefined> {
  if (experimentId === undefined || userId === undefined) return undefined;
  const experiment = serving.experiments.get(experimentId);
  if (experiment === undefined) throw new PlatformError("not-found", `no experiment "${experimentId}" is running.`);
  const { traffic } = planOf(experiment);
  const { experimentHoldout: holdout } = serving.settings;
  if (!takesPart(experiment, userId, { traffic, holdout })) return undefined;
  return assignArm(serving.store, experiment, userId);
}

/** The policy that an arm was made with. */
export function choiceOf(arm: Arm | undefined): PolicyChoice | undefined {
  return policySchema.safeParse(arm?.settings?.["policy"]).data;
}

/** The arm of a ranked list, which leaves nothing to chance. `bad-data` names an arm whose policy does. */
export async function rankingArmFor(serving: Serving, request: Parameters<typeof armFor>[1]): Promise<Arm | undefined> {
  const arm = await armFor(serving, request);
  const kind = choiceOf(arm)?.kind ?? "greedy";
  if (kind === "greedy") return arm;
  throw new PlatformError(
    "bad-data",
    `arm ${arm!.arm} draws by ${kind}: expected /v1/slates, which logs its probabilities.`,
  );
}
