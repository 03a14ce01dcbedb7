import { itemPositionIps } from "@sequitur/metrics";
import { NONE, queryBatch, Random, type Slate } from "@sequitur/core";
import type { SlatePolicy } from "@sequitur/recommender";
import { posteriorAt } from "../slate-gru/posterior.fixture.js";
import { slateModel } from "../slate-gru/slate-model.js";
import { epsilonGreedy } from "./epsilon-greedy.js";
import { greedy } from "./greedy.js";
import { inSlateThompson } from "./in-slate-thompson.js";
import { linUcb } from "./linucb.js";
import type { PolicyKind, PolicyParts } from "./policy-kind.js";
import { randomPolicy } from "./random-policy.js";
import { softmax } from "./softmax-policy.js";
import { thompson } from "./thompson.js";
import { ucb } from "./ucb.js";
import { catalogOf, inverseGap, scoresModel, slatesOf } from "./world.fixture.js";

const query = queryBatch([{ user: 0, items: [0] }]);

type Maker = (parts: PolicyParts) => SlatePolicy;

/** A kind of policy at its default settings. */
const defaultsOf =
  <Config>(kind: PolicyKind<Config>): Maker =>
  (parts) =>
    kind.make(parts, kind.config.parse({}));

const BY_SCORES = new Map<string, Maker>([
  ["random", defaultsOf(randomPolicy)],
  ["greedy", defaultsOf(greedy)],
  ["epsilon-greedy", defaultsOf(epsilonGreedy)],
  ["softmax", defaultsOf(softmax)],
  ["ucb", defaultsOf(ucb)],
]);
const BY_POSTERIOR = new Map<string, Maker>([
  ["linucb", defaultsOf(linUcb)],
  ["thompson", defaultsOf(thompson)],
  ["in-slate-thompson", defaultsOf(inSlateThompson)],
]);
export const GRID_POLICIES = [...BY_SCORES.keys(), ...BY_POSTERIOR.keys()];

/** A policy over a catalogue of a size, at its default settings. */
export interface Cell {
  readonly policy: string;
  readonly items: number;
  readonly length: number;
  readonly draws: number;
}

/** Distances from what must hold, in standard errors; null where the cell cannot tell. */
export interface Gaps {
  /** How often the first items come like those of a slate, against the product of its conditionals; the largest. */
  readonly joint: number | null;
  /** Mean of 1{shown} / p against 1. */
  readonly inverse: number;
  /** The values of the uniform and of the greedy policy, estimated from the log, against the truth. */
  readonly uniform: number | null;
  readonly greedy: number | null;
}

/** Draws the slates of a cell and measures them. Items have rewards of their own, whatever stands beside them. */
export function gapsOf({ policy: name, items, length, draws }: Cell): Gaps {
  const random = new Random(`grid ${name} ${items} ${length}`);
  const scores = Array.from({ length: items }, () => random.normal());
  const rewards = scores.map((score) => 0.1 + 0.8 / (1 + Math.exp(-score)));
  const policy = policyOf(name, scores);
  const slates = slatesOf(policy, query, draws, length, random.fork("log"));
  const all = Array.from({ length: items }, (_, item) => item);
  const isCertain = slates.every(({ propensities }) => propensities.every((p) => p === 1));
  const log = { slates, rewards, length };
  const best = all.toSorted((a, b) => scores[b]! - scores[a]! || a - b).slice(0, length);
  const sum = (of: readonly number[]): number => of.reduce((total, item) => total + rewards[item]!, 0);
  return {
    joint: jointGap(slates, slatesOf(policy, query, 1, length, random.fork("other"))[0]!),
    inverse: isCertain ? certainGap(slates) : inverseGap(slates, all),
    uniform: isCertain ? null : estimateGap(log, () => 1 / items, (length * sum(all)) / items),
    greedy: estimateGap(log, (item, position) => (best[position] === item ? 1 : 0), sum(best)),
  };
}

function policyOf(name: string, scores: readonly number[]): SlatePolicy {
  const catalog = catalogOf(scores.length);
  const byScores = BY_SCORES.get(name);
  if (byScores !== undefined) return byScores({ name, catalog, model: scoresModel(catalog, scores) });
  // Items that are alike, so that each has a chance.
  const posterior = posteriorAt(
    scores.map((score) => 0.3 * score),
    scores.map(() => 1),
  );
  const model = slateModel(posterior);
  return BY_POSTERIOR.get(name)!({ name, catalog: model.catalog, model });
}

/** Prefixes of one slate that should come at least 20 times; null where the conditionals are unknown. */
function jointGap(slates: readonly Slate[], { items, conditionals }: Slate): number | null {
  let joint = 1;
  let largest: number | null = null;
  for (const position of items.keys()) {
    joint *= conditionals[position]!;
    if (!(joint * slates.length >= 20)) break;
    const prefix = items.slice(0, position + 1).join();
    const share = slates.filter((slate) => slate.items.slice(0, position + 1).join() === prefix).length / slates.length;
    const gap = Math.abs(share - joint) / Math.sqrt((joint * (1 - joint)) / slates.length + 1e-12);
    largest = Math.max(largest ?? 0, gap);
  }
  return largest;
}

/** 0 where a policy that is certain shows one slate alone. */
function certainGap(slates: readonly Slate[]): number {
  return new Set(slates.map(({ items }) => items.join())).size === 1 ? 0 : Infinity;
}

interface Log {
  readonly slates: readonly Slate[];
  readonly rewards: readonly number[];
  readonly length: number;
}

/** Null where fewer than 30 shown positions have a weight: their mean is not near normal. */
function estimateGap(
  { slates, rewards, length }: Log,
  target: (item: number, position: number) => number,
  truth: number,
): number | null {
  const size = slates.length * length;
  const [items, shown] = [new Int32Array(size).fill(NONE), new Float64Array(size)];
  const [logging, evaluation] = [new Float64Array(size).fill(1), new Float64Array(size)];
  let weighed = 0;
  for (const [row, slate] of slates.entries()) {
    for (const [position, item] of slate.items.entries()) {
      const place = row * length + position;
      items[place] = item;
      shown[place] = rewards[item]!;
      logging[place] = slate.propensities[position]!;
      evaluation[place] = target(item, position);
      if (evaluation[place] > 0) weighed++;
    }
  }
  if (weighed < 30) return null;
  const { value, standardError } = itemPositionIps({ length, items, rewards: shown }, { logging, evaluation });
  if (weighed === size && standardError < 1e-9) return Math.abs(value - truth) < 1e-9 ? 0 : Infinity;
  return Math.abs(value - truth) / standardError;
}
