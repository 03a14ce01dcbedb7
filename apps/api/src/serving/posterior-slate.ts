import { loadSlatePolicy } from "@sequitur/builtin";
import { PlatformError, type Random, type Slate } from "@sequitur/core";
import type { SlatePolicy } from "@sequitur/recommender";
import type { ChainAnswer, ChainItem } from "./chain.js";
import type { Question } from "./question.js";
import { completed, type DrawnSlate } from "./slate-draw.js";
import type { PosteriorChoice } from "./slate-policies.js";
import type { Stage } from "./stage.js";

/** Policies made for a stage, by kind; they go with it. */
const made = new WeakMap<Stage, Map<string, Promise<SlatePolicy>>>();

export interface PosteriorDraw {
  readonly stage: Stage | undefined;
  readonly choice: PosteriorChoice;
  readonly question: Question;
  readonly random: Random;
  /** What the chain shows below a slate that stays short, or in its place when the model does not know the asker. */
  readonly rest: () => ChainAnswer;
  /** Hears of a model that threw; what the chain shows takes its place. */
  readonly failed: (stage: Stage, error: unknown) => void;
}

/**
 * A slate drawn from the posterior of the model: exploration where it is unsure, and none where it is not. It learns with
 * every training run that reads what was shown and chosen. `bad-config` where the model has no posterior, or for rules
 * that change scores.
 */
export async function drawPosteriorSlate({
  stage,
  choice,
  question,
  random,
  rest,
  failed,
}: PosteriorDraw): Promise<DrawnSlate> {
  const { boosts, caps, pins } = question.rules;
  if (boosts.length + caps.length + pins.length > 0) {
    throw new PlatformError("bad-config", `policy ${choice.kind} takes no rules: they would change its propensities.`);
  }
  const policy = await policyFor(stage, choice);
  const { link, name } = stage!;
  const draw = (): Slate | undefined => {
    const { batch, candidates } = stage!.ask!(question);
    return candidates.length === 0 ? undefined : policy.slates(batch, question.k, { candidates, random })[0];
  };
  let slate: Slate | undefined;
  try {
    slate = draw();
  } catch (error) {
    failed(stage!, error);
  }
  const items: ChainItem[] = Array.from(slate?.items ?? [], (item) => ({
    index: link!.directoryIndex(item),
    score: Number.NaN,
    servedBy: name,
    stage,
  }));
  const found = items.length === 0 ? rest() : { items, servedBy: name, versionId: stage!.versionId };
  return completed({ found, items, propensities: [...(slate?.propensities ?? [])] }, [], question.k, rest);
}

function policyFor(stage: Stage | undefined, { kind }: PosteriorChoice): Promise<SlatePolicy> {
  const model = stage?.link?.model;
  if (stage === undefined || model === undefined) {
    throw new PlatformError("bad-config", `policy ${kind} draws from a model of slates, and none is active.`);
  }
  const known = made.get(stage) ?? new Map<string, Promise<SlatePolicy>>();
  made.set(stage, known);
  let policy = known.get(kind);
  if (policy === undefined) {
    policy = loadSlatePolicy({ name: `${kind}:${model.name}`, catalog: model.catalog, model });
    known.set(kind, policy);
  }
  return policy;
}
