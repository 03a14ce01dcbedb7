import { certainSlate, distanceKm, type Slate } from "@sequitur/core";
import type { Impression, RequestRecord } from "@sequitur/store";
import type { Recommendation } from "../schemas/recommendation-schemas.js";
import { askChain, type ChainAnswer, type ChainItem, type ChainRun } from "./chain.js";
import type { Assignment } from "./experiment-arm.js";
import type { Question } from "./question.js";
import { reasonsFor, type Reason } from "./reasons.js";
import { askedContext } from "./served-policies.js";
import type { Serving } from "./serving.js";
import type { Stage } from "./stage.js";

export interface AnswerOptions {
  /** Another chain than the active one, for an arm. */
  readonly stages?: readonly Stage[];
}

/** Ranks one question on the chain that is active now, and lets the shadow version rank along after the answer. */
export function answer(serving: Serving, question: Question, options: AnswerOptions = {}): ChainAnswer {
  const stop = serving.metrics.ranking.startTimer();
  const found = askChain(chainRun(serving, options.stages), question);
  stop();
  shadow(serving, question, found);
  return found;
}

/** How the chain is asked: the active one, or that of an arm. */
export function chainRun(serving: Serving, stages: readonly Stage[] = serving.models.chain): ChainRun {
  return { directory: serving.items.directory, stages, failed: failureLog(serving) };
}

/** Counts and logs a model that threw. */
export function failureLog(serving: Serving): (stage: Stage, error: unknown) => void {
  return (stage, error) => {
    serving.metrics.stageFailures.inc({ stage: stage.name });
    serving.logger.error({ err: error, versionId: stage.versionId, stage: stage.name }, "a model failed to rank");
  };
}

/** Lets the shadow version rank along, after the answer is on its way. */
export function shadow(serving: Serving, question: Question, found: ChainAnswer): void {
  const stage = serving.models.shadow;
  if (stage === undefined || found.items.length === 0) return;
  setImmediate(() => {
    try {
      if (!stage.canServe(question)) return;
      const shown = new Set(found.items.map(({ index }) => index));
      const same = stage.rank(question, shown.size).filter(({ index }) => shown.has(index)).length;
      serving.metrics.shadowOverlap.observe(same / shown.size);
    } catch (error) {
      serving.metrics.stageFailures.inc({ stage: "shadow" });
      serving.logger.warn({ err: error, versionId: stage.versionId }, "the shadow version failed to rank");
    }
  });
}

/** Items of an answer as they are told. */
export function shownItems(serving: Serving, question: Question, items: readonly ChainItem[]): Recommendation["items"] {
  const { directory } = serving.items;
  const reasons = tellWhy(serving, question, items);
  const { near } = question.filter;
  return items.map(({ index, score, servedBy }, at) => {
    const record = directory.record(index);
    const { itemId, title = "" } = record;
    const km = near === undefined ? Number.NaN : distanceKm(near, record);
    return {
      itemId,
      ...(title !== "" && { title }),
      score: Number.isFinite(score) ? score : null,
      servedBy,
      reason: reasons[at]!,
      ...(!Number.isNaN(km) && { distanceKm: km }),
    };
  });
}

/** An answer is worth more than its reasons: a model that fails to explain costs only the better ones. */
function tellWhy(serving: Serving, question: Question, items: readonly ChainItem[]): Reason[] {
  const { directory } = serving.items;
  try {
    return reasonsFor(directory, question, items);
  } catch (error) {
    serving.metrics.stageFailures.inc({ stage: "reasons" });
    serving.logger.error({ err: error }, "a model failed to explain");
    return reasonsFor(directory, { ...question, explain: false }, items);
  }
}

/** The model behind `servedBy`. */
export function modelBehind(found: ChainAnswer): { model?: { name: string; versionId: number } } {
  const stage = found.items.find(({ stage }) => stage?.versionId !== undefined && stage.name === found.servedBy)?.stage;
  if (stage?.link === undefined || stage.versionId === undefined) return {};
  return { model: { name: stage.link.model.name, versionId: stage.versionId } };
}

/** The whole answer to one question, not recorded yet. */
export function recommendationOf(
  serving: Serving,
  question: Question,
  found: ChainAnswer,
  requestId: string,
): Recommendation {
  const items = shownItems(serving, question, found.items);
  return { requestId, servedBy: found.servedBy, ...modelBehind(found), items };
}

export interface Shown {
  readonly requestId: string;
  readonly userId?: string | undefined;
  /** Which endpoint. */
  readonly kind: string;
  readonly question: Question;
  readonly items: readonly ChainItem[];
  readonly policy: string;
  /** How likely the items were; the chain alone leaves nothing to chance. */
  readonly slate?: Slate;
  readonly under?: Under | undefined;
}

/** The experiment that a request was answered under. */
export interface Under {
  readonly assignment: Assignment;
  /** (K) 0 for the items of the arm, 1 for those of its rival; absent where no lists are mixed. */
  readonly teams?: readonly number[];
}

/** How an answer says which arm gave it. */
export function underOut(under: Under | undefined): Pick<Recommendation, "experiment"> {
  if (under === undefined) return {};
  const { experimentId, arm, rival, probability } = under.assignment;
  if (rival !== undefined) {
    const teams = (under.teams ?? []).map((team) => (team === 1 ? rival.arm : arm.arm));
    return { experiment: { experimentId, arm: null, teams } };
  }
  return { experiment: { experimentId, arm: arm.arm, ...(probability !== undefined && { probability }) } };
}

/** What the store keeps of it. */
function keptUnder({ assignment, teams }: Under) {
  const { experimentId, arm, rival, sticky, about } = assignment;
  return {
    experiment: { experimentId, sticky, ...(rival === undefined && { arm: arm.arm }) },
    about: { ...about, ...(teams && { teams }) },
  };
}

/** How likely one position was, as the store keeps it; what is unknown is left out. */
function probabilitiesAt(slate: Slate, position: number): Pick<Impression, "propensityKind" | Probability> {
  const { kind, propensities, conditionals, standardErrors } = slate;
  const known = (name: Probability, value: number | undefined) =>
    value !== undefined && !Number.isNaN(value) && { [name]: value };
  return {
    propensityKind: kind,
    ...known("propensity", propensities[position]),
    ...known("conditional", conditionals[position]),
    ...known("standardError", standardErrors?.[position]),
  };
}

type Probability = "propensity" | "conditional" | "standardError";

/** What was shown, as the store keeps it. */
export function recordOf(serving: Serving, shown: Shown): RequestRecord {
  const { requestId, userId, kind, question, items, policy } = shown;
  const under = shown.under && keptUnder(shown.under);
  const slate = shown.slate ?? certainSlate(Int32Array.from(items, ({ index }) => index));
  return {
    requestId,
    ...(userId !== undefined && { userId }),
    time: serving.store.now(),
    kind,
    ...(under && { experiment: under.experiment }),
    context: {
      k: question.k,
      history: question.history.length,
      ...(kind === "slates" && { asked: askedContext(question) }),
      ...(under && { experiment: under.about }),
    },
    impressions: items.map(({ index, score, stage }, position) => ({
      itemId: serving.items.directory.record(index).itemId,
      position,
      policy,
      ...(stage?.versionId !== undefined && { modelVersion: stage.versionId }),
      ...probabilitiesAt(slate, position),
      ...(Number.isFinite(score) && { score }),
    })),
  };
}
