import { PlatformError } from "@sequitur/core";
import { armProbabilities, designBlocks, switchbackArm } from "@sequitur/metrics";
import { assignArm, getUsers, hashArm, takesPart, type Arm, type Experiment } from "@sequitur/store";
import {
  armRequestSchema,
  policySchema,
  type ArmRequest,
  type PolicyChoice,
} from "../schemas/recommendation-schemas.js";
import { placeOf, planOf, type ExperimentPlan } from "../schemas/experiment-schemas.js";
import { blocksOf } from "./experiment-design.js";
import type { Serving } from "./serving.js";

/** What a request says of itself. */
export interface Asker {
  readonly experiment?: string | undefined;
  readonly userId?: string | undefined;
  readonly sessionId?: string | undefined;
}

/** How an experiment answers one request. */
export interface Assignment {
  readonly experimentId: string;
  readonly arm: Arm;
  /** Whose list is mixed with that of `arm`, where the experiment interleaves. */
  readonly rival?: Arm;
  /** P(arm), where it is drawn for each request. */
  readonly probability?: number;
  /** Whether the user keeps the arm. */
  readonly sticky: boolean;
  /** What the results are read from later; kept with the request. */
  readonly about: { readonly session?: string; readonly context?: string; readonly probabilities?: readonly number[] };
}

/**
 * How the experiment that a request names answers it; undefined for those outside its traffic, for the holdout, and outside
 * the blocks of a switchback. `not-found` when it does not run; `bad-data` where the request does not say who asks.
 */
export async function assignmentFor(
  serving: Serving,
  asker: Asker,
  requestId: string,
): Promise<Assignment | undefined> {
  if (asker.experiment === undefined) return undefined;
  const experiment = serving.experiments.get(asker.experiment);
  if (experiment === undefined) {
    throw new PlatformError("not-found", `no experiment "${asker.experiment}" is running.`);
  }
  const plan = planOf(experiment);
  const unit = unitOf(asker, plan);
  const { experimentHoldout: holdout } = serving.settings;
  if (!takesPart(experiment, unit, { ...plan, holdout, from: placeOf(experiment) })) return undefined;
  const { experimentId } = experiment;
  const session = plan.unit === "session" ? { session: unit } : {};
  const [control, treatment] = experiment.arms as [Arm, Arm];
  switch (plan.design.kind) {
    case "ab":
    case "sequential": {
      if (plan.unit === "session") {
        return { experimentId, arm: hashArm(experiment, unit), sticky: false, about: session };
      }
      return { experimentId, arm: await assignArm(serving.store, experiment, unit), sticky: true, about: {} };
    }
    case "switchback": {
      const side = switchbackArm(designBlocks(...blocksOf(plan.design, experiment)), serving.store.now());
      if (side === undefined) return undefined;
      return { experimentId, arm: side === 1 ? treatment : control, sticky: false, about: session };
    }
    case "interleaving":
      return { experimentId, arm: control, rival: treatment, sticky: false, about: session };
    case "bandit": {
      const drawn = await drawArm(serving, experiment, { design: plan.design, unit, requestId });
      return { experimentId, ...drawn, sticky: false, about: { ...session, ...drawn.about } };
    }
  }
}

function unitOf({ userId, sessionId }: Asker, { unit }: ExperimentPlan): string {
  const id = unit === "user" ? userId : sessionId;
  if (id !== undefined) return id;
  throw new PlatformError("bad-data", `the experiment goes by ${unit}: expected a ${unit}Id, got none.`);
}

interface Draw {
  readonly design: Extract<ExperimentPlan["design"], { kind: "bandit" }>;
  readonly unit: string;
  readonly requestId: string;
}

/** The arm that a bandit draws for one request, by what it has learned in the user's context. */
async function drawArm(serving: Serving, { arms, experimentId }: Experiment, { design, unit, requestId }: Draw) {
  const { context: attribute, contexts, horizon } = design;
  const context = attribute === undefined ? "" : await contextOf(serving, unit, attribute, contexts);
  const probabilities = armProbabilities(serving.experiments.totals(experimentId, context), {
    arms: arms.length,
    contexts: contexts.length + 1,
    horizon,
  });
  let left = serving.random.fork(`arm ${requestId}`).uniform();
  const found = probabilities.findIndex((probability) => (left -= probability) < 0);
  const at = found < 0 ? arms.length - 1 : found;
  return { arm: arms[at]!, probability: probabilities[at]!, about: { context, probabilities: [...probabilities] } };
}

/** The value of the user's attribute, where the plan names it; "" for all others. */
async function contextOf({ store }: Serving, userId: string, attribute: string, contexts: readonly string[]) {
  const value = (await getUsers(store, [userId])).get(userId)?.attributes[attribute];
  const text = typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? `${value}` : "";
  return contexts.includes(text) ? text : "";
}

/** The policy that an arm was made with. */
export function choiceOf(arm: Arm | undefined): PolicyChoice | undefined {
  return policySchema.safeParse(arm?.settings?.["policy"]).data;
}

/** A request with what an arm sets of it. */
export function askedUnder<Ask extends object>(ask: Ask, arm: Arm | undefined): Ask {
  return arm === undefined ? ask : { ...ask, ...requestOf(arm) };
}

/** Fields of a request that an arm sets. */
export function requestOf(arm: Arm): ArmRequest {
  return armRequestSchema.parse(arm.settings?.["request"] ?? {});
}

/** The same for a ranked list, which leaves nothing to chance. `bad-data` names an arm whose policy does. */
export async function rankingAssignmentFor(
  serving: Serving,
  asker: Asker,
  requestId: string,
): Promise<Assignment | undefined> {
  const assignment = await assignmentFor(serving, asker, requestId);
  const kind = choiceOf(assignment?.arm)?.kind ?? "greedy";
  if (kind === "greedy") return assignment;
  throw new PlatformError(
    "bad-data",
    `arm ${assignment!.arm.arm} draws by ${kind}: expected /v1/slates, which logs its probabilities.`,
  );
}
