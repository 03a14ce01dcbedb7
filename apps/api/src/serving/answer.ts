import { distanceKm } from "@sequitur/core";
import type { RequestRecord } from "@sequitur/store";
import type { Recommendation } from "../schemas/recommendation-schemas.js";
import { askChain, type ChainAnswer, type ChainItem } from "./chain.js";
import type { Question } from "./question.js";
import { reasonsFor, type Reason } from "./reasons.js";
import type { Serving } from "./serving.js";
import type { Stage } from "./stage.js";

export interface AnswerOptions {
  /** Another chain than the active one, for an arm. */
  readonly stages?: readonly Stage[];
  readonly firstOnly?: boolean;
}

/** Ranks one question on the chain that is active now, and lets the shadow version rank along after the answer. */
export function answer(serving: Serving, question: Question, options: AnswerOptions = {}): ChainAnswer {
  const { stages = serving.models.chain, firstOnly = false } = options;
  const { directory } = serving.items;
  const stop = serving.metrics.ranking.startTimer();
  const failed = failureLog(serving);
  const found = askChain({ directory, stages, failed, firstOnly }, question);
  stop();
  shadow(serving, question, found);
  return found;
}

/** Counts and logs a model that threw. */
export function failureLog(serving: Serving): (stage: Stage, error: unknown) => void {
  return (stage, error) => {
    serving.metrics.stageFailures.inc({ stage: stage.name });
    serving.logger.error({ err: error, versionId: stage.versionId, stage: stage.name }, "a model failed to rank");
  };
}

function shadow(serving: Serving, question: Question, found: ChainAnswer): void {
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
  /** (K) of each item; 1 when the policy had no choice. */
  readonly propensities?: ArrayLike<number>;
  readonly experiment?: { readonly experimentId: string; readonly arm: string } | undefined;
}

/** What was shown, as the store keeps it. */
export function recordOf(serving: Serving, shown: Shown): RequestRecord {
  const { requestId, userId, kind, question, items, policy, propensities, experiment } = shown;
  return {
    requestId,
    ...(userId !== undefined && { userId }),
    time: serving.store.now(),
    kind,
    ...(experiment && { experiment }),
    context: { k: question.k, history: question.history.length },
    impressions: items.map(({ index, score, stage }, position) => ({
      itemId: serving.items.directory.record(index).itemId,
      position,
      policy,
      ...(stage?.versionId !== undefined && { modelVersion: stage.versionId }),
      propensity: propensities?.[position] ?? 1,
      ...(Number.isFinite(score) && { score }),
    })),
  };
}
