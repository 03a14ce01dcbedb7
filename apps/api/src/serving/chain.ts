import { NONE } from "@sequitur/core";
import type { ItemDirectory } from "./item-directory.js";
import { itemTest } from "./item-filter.js";
import type { Question } from "./question.js";
import { capCounter } from "./rules.js";
import type { Placed, Stage } from "./stage.js";

/** An item of the answer, and the stage that placed it. */
export interface ChainItem extends Placed {
  /** The stage's name, or "pinned". */
  readonly servedBy: string;
  readonly stage?: Stage | undefined;
}

export interface ChainAnswer {
  readonly items: readonly ChainItem[];
  /** The first stage that gave an item; "nobody" for an empty answer. */
  readonly servedBy: string;
  readonly versionId?: number | undefined;
}

export interface ChainRun {
  readonly directory: ItemDirectory;
  readonly stages: readonly Stage[];
  /** Hears of a stage that threw; the chain goes on with the next. */
  readonly failed: (stage: Stage, error: unknown) => void;
}

/** A capped answer looks this much deeper each time that the caps left it short. */
const DEEPER = 4;
const DEEPEST = 2_000;

/**
 * Asks one stage after another until k items are found: each can leave out what it does not know, and the next ones
 * fill up. Pinned items then take their places; they must be live, available and not denied, but pass every other filter.
 */
export function askChain(run: ChainRun, question: Question): ChainAnswer {
  const pins = pinnedItems(run.directory, question);
  const taken = new Set(pins.map(({ index }) => index));
  const fits = capCounter(run.directory, question.rules.caps);
  for (const { index } of pins) fits(index);
  const found: ChainItem[] = [];
  let first: Stage | undefined;
  for (const stage of run.stages) {
    const wanted = question.k - pins.length - found.length;
    if (wanted <= 0) break;
    const placed = askStage(run, stage, question, { wanted, taken, fits });
    if (placed.length > 0) first ??= stage;
    for (const item of placed) {
      taken.add(item.index);
      found.push({ ...item, servedBy: stage.name, stage });
    }
  }
  const items = withPins(found, pins);
  return { items, servedBy: first?.name ?? (items.length > 0 ? "pinned" : "nobody"), versionId: first?.versionId };
}

interface Wish {
  readonly wanted: number;
  readonly taken: ReadonlySet<number>;
  readonly fits: (index: number) => boolean;
}

/** What a stage gives that was not taken and fits the caps, looking deeper while these leave it short. */
function askStage(run: ChainRun, stage: Stage, question: Question, wish: Wish): readonly Placed[] {
  try {
    if (!stage.canServe(question)) return [];
    const capped = question.rules.caps.length > 0;
    let depth = wish.wanted + wish.taken.size;
    for (;;) {
      const ranked = stage.rank(question, depth);
      const done = !capped || ranked.length < depth || depth >= DEEPEST;
      const free = ranked.filter(({ index }) => !wish.taken.has(index));
      if (!capped) return free.slice(0, wish.wanted);
      const probe = capCounter(run.directory, question.rules.caps);
      const enough = done || free.filter(({ index }) => probe(index)).length >= wish.wanted + wish.taken.size;
      if (enough) return fitting(free, wish);
      depth = Math.min(depth * DEEPER, DEEPEST);
    }
  } catch (error) {
    run.failed(stage, error);
    return [];
  }
}

function fitting(free: readonly Placed[], { wanted, fits }: Wish): readonly Placed[] {
  const kept: Placed[] = [];
  for (const item of free) {
    if (kept.length === wanted) break;
    if (fits(item.index)) kept.push(item);
  }
  return kept;
}

/** An item with its place. */
export interface PinnedItem {
  readonly index: number;
  readonly position: number;
}

/** The pins that are live, available and not denied, by position; at most k. */
export function pinnedItems(directory: ItemDirectory, question: Question): readonly PinnedItem[] {
  const { pins } = question.rules;
  if (pins.length === 0) return [];
  const test = itemTest(directory, { deny: question.filter.deny }, question.now);
  const kept = new Map<number, PinnedItem>();
  for (const { itemId, position } of [...pins].sort((a, b) => a.position - b.position)) {
    const index = directory.indexOf(itemId);
    if (index !== NONE && test(index) && !kept.has(index)) kept.set(index, { index, position });
  }
  return [...kept.values()].slice(0, question.k);
}

/** Pins at their places, as far as the list reaches. */
function withPins(found: readonly ChainItem[], pins: readonly PinnedItem[]): readonly ChainItem[] {
  const items = [...found];
  for (const { index, position } of pins) {
    items.splice(Math.min(position, items.length), 0, { index, score: Number.NaN, servedBy: "pinned" });
  }
  return items;
}
