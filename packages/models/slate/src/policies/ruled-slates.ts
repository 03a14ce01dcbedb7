import { PlatformError, type Catalog, type QueryBatch, type Random, type Slate } from "@sequitur/core";
import {
  capCounter,
  checkCandidates,
  checkListSize,
  type CapCounter,
  type SlateOptions,
  type SlatePolicy,
  type SlateRules,
} from "@sequitur/recommender";

/** What a policy chooses from for the places that no rule has taken. */
export interface FreeChoice {
  readonly candidates: Int32Array | undefined;
  /** Items that may be shown. */
  readonly count: number;
  readonly random: Random;
  readonly propensities: boolean;
  readonly boost: SlateRules["boost"];
  /** A fresh count of the caps, what the pinned items take of them already taken; absent without caps. */
  readonly caps: (() => CapCounter) | undefined;
}

/** Chooses at most k items for each query of the batch, under the caps. */
export type Choose = (batch: QueryBatch, k: number, choice: FreeChoice) => readonly Slate[];

/**
 * A policy's `slates`: its own choice for the free places, pinned items at theirs, and the fill-ups behind. Pins do not
 * depend on the choice, so that a pinned item has probability 1 at its place and the others keep theirs. So have
 * fill-ups, wherever everything that may be shown is shown above them.
 */
export function ruledSlates(catalog: Catalog, choose: Choose): SlatePolicy["slates"] {
  return (batch, k, options) => {
    checkListSize(k);
    const { candidates, rules = {} } = options;
    if (candidates !== undefined) checkCandidates(candidates, catalog.items.size);
    const pins = checkedPins(rules, k);
    const choice = choiceOf(catalog, options, rules, pins);
    const free = k - pins.length;
    const chosen =
      free === 0 || choice.count === 0
        ? Array.from({ length: batch.size }, () => new SlateDraft().slate("exact"))
        : choose(batch, free, choice);
    const isPlain = pins.length === 0 && rules.fill === undefined;
    return isPlain ? chosen : chosen.map((slate) => completed(slate, free, rules, pins, choice));
  };
}

type Pins = NonNullable<SlateRules["pins"]>;

function checkedPins({ pins = [] }: SlateRules, k: number): Pins {
  const items = new Set(pins.map(({ item }) => item));
  if (items.size < pins.length) throw new PlatformError("bad-config", "pinned items must be distinct.");
  for (const { item, position } of pins) {
    if (Number.isInteger(position) && position >= 0 && item >= 0) continue;
    throw new PlatformError("bad-config", `a pin needs an item and a position from 0, got ${item} at ${position}.`);
  }
  return pins.toSorted((a, b) => a.position - b.position).slice(0, k);
}

function choiceOf(catalog: Catalog, options: SlateOptions, { caps = [], boost }: SlateRules, pins: Pins): FreeChoice {
  const { random, propensities = true } = options;
  const pinned = new Set(pins.map(({ item }) => item));
  const isKnown = [...pinned].some((item) => item < catalog.items.size);
  const all = isKnown ? (options.candidates ?? everyItem(catalog)) : options.candidates;
  const candidates = isKnown ? all!.filter((item) => !pinned.has(item)) : all;
  const counter = (): CapCounter => {
    const made = capCounter(caps);
    for (const item of pinned) made.take(item);
    return made;
  };
  const count = candidates?.length ?? catalog.items.size;
  return { candidates, count, random, propensities, boost, caps: caps.length === 0 ? undefined : counter };
}

/** Every item of a catalogue. */
export function everyItem({ items }: Catalog): Int32Array {
  return Int32Array.from({ length: items.size }, (_, item) => item);
}

function completed(slate: Slate, free: number, rules: SlateRules, pins: Pins, choice: FreeChoice): Slate {
  const draft = new SlateDraft(slate);
  // The length of a slate is certain unless caps end some slates before others.
  const isCertain = choice.caps === undefined || slate.propensities.every((p) => p === 1);
  if (slate.items.length < free && rules.fill !== undefined) {
    fillUp(draft, free, rules.fill(), pins, choice, isCertain ? 1 : Number.NaN);
  }
  const hasAll = isCertain || draft.length === free;
  for (const { item, position } of pins)
    draft.insert(Math.min(position, draft.length), item, hasAll ? 1 : Number.NaN, 1);
  return draft.slate(slate.kind);
}

function fillUp(
  draft: SlateDraft,
  free: number,
  fill: Iterable<number>,
  pins: Pins,
  { caps }: FreeChoice,
  propensity: number,
): void {
  const taken = new Set([...draft.items, ...pins.map(({ item }) => item)]);
  const counter = caps?.();
  for (const item of draft.items) counter?.take(item);
  // Whether the choice ends here is certain without caps, else only as likely as what stands above.
  const isKnown = !Number.isNaN(propensity) || draft.isKnown;
  for (const item of fill) {
    if (draft.length === free) return;
    if (taken.has(item) || counter?.fits(item) === false) continue;
    counter?.take(item);
    taken.add(item);
    draft.insert(draft.length, item, propensity, isKnown ? 1 : Number.NaN);
  }
}

/** A slate in the making. */
class SlateDraft {
  readonly items: number[];
  private readonly propensities: number[];
  private readonly conditionals: number[];
  private readonly errors: number[] | undefined;

  constructor(slate?: Slate) {
    this.items = Array.from(slate?.items ?? []);
    this.propensities = Array.from(slate?.propensities ?? []);
    this.conditionals = Array.from(slate?.conditionals ?? []);
    this.errors = slate?.standardErrors && Array.from(slate.standardErrors);
  }

  get length(): number {
    return this.items.length;
  }

  /** Whether the chance of the items above is known. */
  get isKnown(): boolean {
    return !this.conditionals.some(Number.isNaN);
  }

  insert(position: number, item: number, propensity: number, conditional: number): void {
    this.items.splice(position, 0, item);
    this.propensities.splice(position, 0, propensity);
    this.conditionals.splice(position, 0, conditional);
    this.errors?.splice(position, 0, Number.isNaN(propensity) ? Number.NaN : 0);
  }

  slate(kind: Slate["kind"]): Slate {
    return {
      items: Int32Array.from(this.items),
      // Something certain beside unknown choices is known exactly.
      kind: kind === "unknown" && this.conditionals.some((p) => !Number.isNaN(p)) ? "exact" : kind,
      propensities: Float64Array.from(this.propensities),
      conditionals: Float64Array.from(this.conditionals),
      ...(this.errors && { standardErrors: Float64Array.from(this.errors) }),
    };
  }
}

/**
 * The first `size` items of a ranking that the caps leave, asking for a longer one while they leave it short;
 * `rankedTo(depth)` has the same first items for every depth.
 */
export function cappedPrefix(
  rankedTo: (depth: number) => Int32Array,
  size: number,
  count: number,
  caps: (() => CapCounter) | undefined,
): Int32Array {
  let depth = size;
  for (;;) {
    const ranked = rankedTo(depth);
    if (caps === undefined) return ranked.slice(0, size);
    const kept = fitting(ranked, size, caps());
    if (kept.length === size || ranked.length < depth || depth >= count) return Int32Array.from(kept);
    depth = Math.min(4 * depth, count);
  }
}

function fitting(ranked: Int32Array, size: number, counter: CapCounter): number[] {
  const kept: number[] = [];
  for (const item of ranked) {
    if (kept.length === size) break;
    if (!counter.fits(item)) continue;
    counter.take(item);
    kept.push(item);
  }
  return kept;
}
