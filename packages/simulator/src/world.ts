import type { Catalog, Interactions, Random, Report } from "@sequitur/core";

/** One opening of the app: who, and when (ms since the epoch, UTC). */
export interface Visit {
  readonly user: number;
  readonly now: number;
}

/** The visits of all users, ascending in time. */
export interface Visits {
  readonly users: Int32Array;
  readonly times: Float64Array;
}

/**
 * A simulated world whose truth is known: who comes when, what can be shown, and how much everybody wants everything.
 * It is the same for every arm of an experiment; what an arm's slates change in people is in its `Population`.
 */
export interface World {
  readonly name: string;
  readonly catalog: Catalog;
  /** What the platform knows of everybody before the first day; may be empty. */
  readonly history: Interactions;
  /** First instant of the first day; a day is 24 hours. */
  readonly start: number;
  readonly days: number;
  readonly visits: Visits;
  /** (N) instant from which an item can be shown; -Infinity when it was there before the first day. */
  readonly openedAt: Float64Array;
  /** (N) chance in (0, 1) that a click on the item satisfies. */
  readonly satisfactions: Float64Array;
  /** (N) group of each item, for diversity: two items of one group are alike. */
  readonly groups: Int32Array;
  readonly groupNames: readonly string[];
  /** (U) kind of each user, known before the experiment; what effects are broken down by. */
  readonly segments: Int32Array;
  readonly segmentNames: readonly string[];
  /** The people as they are at `start`. */
  populate(): Population;
}

/** The people of one arm: they change with time and with what they click. */
export interface Population {
  /** To be called once for every visit, in order of time, before its utilities; `random` is the visit's own. */
  arrive(visit: Visit, random: Random): void;
  /**
   * Fills out with the utility of each item, or of every item of the catalogue: log-odds of clicking it, were it the
   * only one, against not clicking. -Infinity for an item that is not yet there.
   */
  utilities(out: Float64Array, visit: Visit, items?: Int32Array): void;
  /** A click, felt at once. */
  clicked(visit: Visit, item: number): void;
}

/** How large a world is, and what it gets from outside. */
export interface WorldRun {
  readonly users: number;
  readonly days: number;
  /** Of every draw that makes the world. */
  readonly seed: number;
  readonly report?: Report;
  readonly signal?: AbortSignal;
}
