import { distanceKm, queryBatch } from "@sequitur/core";
import type { Model } from "@sequitur/recommender";
import type { ChainItem } from "./chain.js";
import type { ItemDirectory } from "./item-directory.js";
import { knownPart, wantedPart, type Question } from "./question.js";
import type { Stage } from "./stage.js";

/** Why an item is shown, for people. */
export interface Reason {
  readonly kind: "history" | "model" | "popular" | "new" | "pinned";
  readonly text: string;
  /** The items of the history that speak for it most, for kind "history". */
  readonly itemIds?: readonly string[];
  /** The numbers behind the text, where the model tells them itself. */
  readonly facts?: Readonly<Record<string, unknown>>;
}

/** Distinct items of the history that are tried as reasons, the newest. */
const MOST_TRIED = 5;
const MOST_TOLD = 2;

const BY_STAGE: Readonly<Record<string, Reason>> = {
  popular: { kind: "popular", text: "many people choose it" },
  newest: { kind: "new", text: "new here" },
  pinned: { kind: "pinned", text: "chosen by the house" },
};

/**
 * A reason for each item of an answer. With `explain`, a model that can tells why itself; an item of any other is
 * explained by the items of the history that, each asked alone, score it above the mean of the tried ones; this takes
 * one more call of the model over k candidates.
 */
export function reasonsFor(directory: ItemDirectory, question: Question, items: readonly ChainItem[]): Reason[] {
  const because = question.explain ? modelReasons(directory, question, items) : new Map<number, Reason>();
  const near = question.filter.near;
  return items.map(({ index, servedBy, stage }) => {
    const own = because.get(index) ?? plainReason(question, servedBy, stage);
    if (near === undefined) return own;
    const km = distanceKm(near, directory.record(index));
    return Number.isNaN(km) ? own : { ...own, text: `${own.text}; ${kilometres(km)} from here` };
  });
}

function plainReason(question: Question, servedBy: string, stage: Stage | undefined): Reason {
  const known = BY_STAGE[servedBy];
  if (known !== undefined) return known;
  if (stage?.link?.model.needs === "nothing") return BY_STAGE["popular"]!;
  return wantedPart(question.history).length > 0
    ? { kind: "model", text: "fits what you chose before" }
    : { kind: "model", text: "picked for you" };
}

function kilometres(km: number): string {
  return km < 1 ? `${Math.round(km * 1000)} m` : `${km.toFixed(1)} km`;
}

function modelReasons(directory: ItemDirectory, question: Question, items: readonly ChainItem[]): Map<number, Reason> {
  const reasons = new Map<number, Reason>();
  for (const stage of new Set(items.map((item) => item.stage))) {
    if (stage?.link === undefined) continue;
    const indices = items.filter((item) => item.stage === stage).map(({ index }) => index);
    if (stage.explain === undefined) addHistoryReasons(reasons, directory, question, stage.link.model, indices);
    else {
      stage.explain(question, indices).forEach(({ text, ...facts }, at) => {
        reasons.set(indices[at]!, { kind: "model", text, facts });
      });
    }
  }
  return reasons;
}

function addHistoryReasons(
  reasons: Map<number, Reason>,
  directory: ItemDirectory,
  question: Question,
  model: Model,
  indices: readonly number[],
): void {
  const { items: ids } = model.catalog;
  const wanted = { ...question, history: wantedPart(question.history) };
  const known = knownPart(wanted, ids, model.catalog.users);
  const tried = [...new Set([...known.items].reverse())].slice(0, MOST_TRIED);
  if (tried.length === 0) return;
  const candidates = Int32Array.from(indices, (index) => ids.indexOf(directory.record(index).itemId));
  const batch = queryBatch(tried.map((item) => ({ items: [item], times: [question.now], now: question.now })));
  const scores = model.score(batch, candidates);
  indices.forEach((index, c) => {
    const told = speaking(tried, (b) => scores[b * indices.length + c]!);
    if (told.length === 0) return;
    if (told[0] === candidates[c]) {
      reasons.set(index, { kind: "history", text: "you chose it before", itemIds: [ids.ids[told[0]!]!] });
      return;
    }
    const itemIds = told.map((item) => ids.ids[item]!);
    const names = itemIds.map((id) => directory.indexOf(id)).map((at, n) => nameOf(directory, at, itemIds[n]!));
    reasons.set(index, { kind: "history", text: `because of ${names.join(" and ")}`, itemIds });
  });
}

/** The tried items whose score lies clearly above the mean, best first; one tried item speaks for itself. */
function speaking(tried: readonly number[], scoreOf: (b: number) => number): number[] {
  const scored = tried.map((item, b) => ({ item, score: scoreOf(b) })).filter(({ score }) => Number.isFinite(score));
  if (tried.length === 1) return scored.filter(({ score }) => score > 0).map(({ item }) => item);
  const mean = scored.reduce((sum, { score }) => sum + score, 0) / Math.max(1, scored.length);
  return scored
    .filter(({ score }) => score > mean + Math.abs(mean) * 1e-6)
    .sort((a, b) => b.score - a.score)
    .slice(0, MOST_TOLD)
    .map(({ item }) => item);
}

function nameOf(directory: ItemDirectory, index: number, itemId: string): string {
  const title = index < 0 ? undefined : directory.record(index).title;
  return title === undefined || title === "" ? itemId : title;
}
