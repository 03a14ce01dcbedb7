import type { QueryBatch, Random, Slate } from "@sequitur/core";
import type { Artifact } from "./artifact.js";

/** What a slate policy may show and how it draws. */
export interface SlateOptions {
  /** Distinct items of the catalogue that may be shown: what is available and passes the filters. Absent: all of them. */
  readonly candidates?: Int32Array;
  /** Forked by the caller, one per batch; a policy forks it by query, so that batches of any size draw alike. */
  readonly random: Random;
  /** What must hold of the slate whatever the policy prefers; its probabilities are those of the slate under the rules. */
  readonly rules?: SlateRules;
  /** false: nobody will use the propensities, so a policy that would have to sample them leaves them unknown. Default true. */
  readonly propensities?: boolean;
}

/**
 * Rules of a slate. An item index at or above the size of the policy's catalogue is an item that the policy does not
 * know: it can be pinned or fill up a slate, and is never chosen.
 */
export interface SlateRules {
  /** Items with a fixed place; where the slate ends before it, they stand at its end. They count towards the caps. */
  readonly pins?: readonly SlatePin[];
  readonly caps?: readonly SlateCap[];
  /** Factor of an item's score: score' = low + factor (score - low), low the lowest finite score of the query. */
  readonly boost?: (item: number) => number;
  /** Items that follow in this order where the policy has too few; called only then. */
  readonly fill?: () => Iterable<number>;
}

export interface SlatePin {
  readonly item: number;
  /** 0 is the first. */
  readonly position: number;
}

/** At most `most` of the items that `holds` is true of. */
export interface SlateCap {
  readonly holds: (item: number) => boolean;
  readonly most: number;
}

/**
 * A policy bound to what it ranks with: queries in, slates with their probabilities out, and perhaps learning from what
 * comes back. It is the one contract of what is evaluated, simulated, served and estimated.
 */
export interface SlatePolicy {
  /** As written in an experiment, such as "in-slate-thompson:slate-gru". */
  readonly name: string;
  /** For each query of the batch its slate: at most k distinct items, fewer when fewer may be shown. */
  slates(batch: QueryBatch, k: number, options: SlateOptions): readonly Slate[];
  /** Learns from shown slates; clicks (B) is the clicked position of each, or NONE. Absent: it never changes. */
  observe?(batch: QueryBatch, shown: readonly Slate[], clicks: Int32Array): void;
  /** What it has learned, from which its maker restores it after a restart; absent when there is nothing to keep. */
  save?(): Artifact;
}

/** A fresh count of the caps: whether another item fits, which it then takes a place of. */
export function capCounter(caps: readonly SlateCap[]): CapCounter {
  const left = caps.map(({ most }) => most);
  const fits = (item: number): boolean => caps.every(({ holds }, cap) => left[cap]! > 0 || !holds(item));
  const take = (item: number): void => {
    for (const [cap, { holds }] of caps.entries()) if (holds(item)) left[cap]! -= 1;
  };
  return { fits, take };
}

export interface CapCounter {
  /** Whether the item may still be shown. */
  fits(item: number): boolean;
  take(item: number): void;
}
