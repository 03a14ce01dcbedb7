import { loadSlatePolicy, slatePolicyNeeds } from "@sequitur/builtin";
import { PlatformError } from "@sequitur/core";
import type { SlatePolicy } from "@sequitur/recommender";
import type { PolicyChoice } from "../schemas/recommendation-schemas.js";
import type { Question } from "./question.js";
import type { Stage } from "./stage.js";

/**
 * The stage whose model a policy ranks by: the first one that has something to go by for this question. A policy that
 * draws from a posterior takes that of the first stage, which knows what to think of strangers.
 */
export async function stageFor(
  { kind }: PolicyChoice,
  stages: readonly Stage[],
  question: Question,
): Promise<Stage | undefined> {
  if ((await slatePolicyNeeds(kind)) === "posterior") return stages[0];
  return stages.find((stage) => stage.ask !== undefined && stage.canServe(question));
}

/** The slate policies that answer, each made once for a stage and a choice. */
export class ServedPolicies {
  private readonly made = new WeakMap<Stage, Map<string, Promise<SlatePolicy>>>();

  of(stage: Stage, choice: PolicyChoice): Promise<SlatePolicy> {
    const known = this.made.get(stage) ?? new Map<string, Promise<SlatePolicy>>();
    this.made.set(stage, known);
    const key = JSON.stringify(choice);
    let policy = known.get(key);
    if (policy === undefined) {
      policy = policyOf(stage, choice);
      known.set(key, policy);
    }
    return policy;
  }
}

async function policyOf(stage: Stage, { kind, ...config }: PolicyChoice): Promise<SlatePolicy> {
  const model = stage.link?.model;
  if (model === undefined) {
    throw new PlatformError("bad-config", `policy ${kind} draws from a model of slates, and none is active.`);
  }
  const name = (await slatePolicyNeeds(kind)) === "nothing" ? kind : `${kind}:${model.name}`;
  return loadSlatePolicy({ name, catalog: model.catalog, model, config });
}
