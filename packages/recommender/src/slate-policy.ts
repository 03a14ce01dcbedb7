import type { QueryBatch, Random, Slate } from "@sequitur/core";
import type { Artifact } from "./artifact.js";

/** What a slate policy may show and how it draws. */
export interface SlateOptions {
  /** Distinct items that may be shown; absent means the whole catalogue. */
  readonly candidates?: Int32Array;
  /** Forked by the caller, one per batch; a policy forks it by query, so that batches of any size draw alike. */
  readonly random: Random;
  /**
   * false: nobody will use the propensities, and a policy that would have to draw for them may leave them unknown
   * (1, with a standard error of NaN). The slates are the same. Default true.
   */
  readonly propensities?: boolean;
}

/**
 * A policy bound to what it ranks with: queries in, slates with their propensities out, and perhaps learning from what
 * comes back. Unlike `Policy`, which only orders a given ranking, it may draw from a posterior.
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
