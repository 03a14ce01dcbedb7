import {
  clicksOf,
  type Catalog,
  type Interactions,
  type Progress,
  type QueryBatch,
  type Random,
  type SlateLog,
} from "@sequitur/core";
import type { z } from "zod";
import type { Artifact } from "./artifact.js";
import type { ModelInput } from "./model-input.js";
import type { SignalUse } from "./signal-use.js";

/** An algorithm: stateless, registered by name. Fitting it yields a Model. */
export interface Recommender<Config = unknown> {
  /** The key in configs, artifacts and reports, such as "item-knn". */
  readonly name: string;
  /** Defaults, bounds and units live here and nowhere else. */
  readonly config: z.ZodType<Config>;
  /** What a hyper-parameter search may vary, by config key; absent when there is nothing to tune. */
  readonly search?: SearchSpace;
  /** What it does with values and negatives; set by `withSignals`, which also sees to it. */
  readonly signals?: SignalUse;
  /** What a model of this config reads; a comparison claims nothing of models that read different things. Absent: unknown. */
  reads?(config: Config): readonly ModelInput[];
  fit(train: Interactions, config: Config, run: FitRun): Promise<Model>;
  /** For models of what was shown; `fitOnSlates` gives the others the clicks alone. */
  fitSlates?(train: SlateLog, config: Config, run: FitRun): Promise<Model>;
  load(artifact: Artifact): Model;
}

/** Fits on logged slates: all of them where the recommender can use that, else the clicks as plain interactions. */
export async function fitOnSlates<Config>(
  recommender: Recommender<Config>,
  train: SlateLog,
  config: Config,
  run: FitRun,
): Promise<Model> {
  return recommender.fitSlates?.(train, config, run) ?? recommender.fit(clicksOf(train), config, run);
}

/** What a model must know of the asker. */
export type ModelNeeds = "nothing" | "history" | "user";

/** A fitted, immutable scorer. No Model is unfitted, so no method says "call fit first". */
export interface Model {
  readonly name: string;
  /** Items and users as at the fit; indices in queries and scores point into it. */
  readonly catalog: Catalog;
  /**
   * What it must know of the asker to say more than popularity does: nothing, an item of the history, or, when absent too,
   * the user or an item of the history. A server asks the next model of its chain where that is not known.
   */
  readonly needs?: ModelNeeds;
  /**
   * (B, C) row-major. Higher is better; NaN means "cannot score". C = candidates, else every item of the catalogue.
   * Column c of a call with candidates equals column candidates[c] of the call without.
   */
  score(batch: QueryBatch, candidates?: Int32Array): Float32Array;
  /** Vectors whose inner products order the items as its scores do, or nearly; absent where there are none. */
  vectors?(): ModelVectors;
  save(): Artifact;
  /** Frees memory that the collector does not see, such as that of an engine, at once; the model is not used after it. */
  release?(): void;
  /** Why it ranks each of the items where it does for one query of the batch; absent where it has nothing to tell. */
  explain?(batch: QueryBatch, query: number, items: ArrayLike<number>): readonly Explanation[];
}

/** Why an item is ranked where it is, for people; further fields are the facts and numbers behind the text. */
export interface Explanation {
  readonly text: string;
}

/** Rows of one width, in the order of the catalogue. */
export interface ModelVectors {
  readonly width: number;
  /** (N, width) row-major. */
  readonly items: Float32Array;
  /** (U, width) row-major; absent where users have none of their own. */
  readonly users?: Float32Array;
}

/** What a fit gets from outside: it reads no clock, environment or console of its own. */
export interface FitRun {
  readonly random: Random;
  readonly signal?: AbortSignal;
  readonly report?: (progress: Progress) => void;
  /** Gets one line on each part of the data that the fit cannot use. */
  readonly warn?: (message: string) => void;
  /** NDCG@10 of a model on the validation queries, for early stopping; absent when nothing is held out. */
  readonly validate?: (model: Model) => Promise<number>;
  /** Folder for checkpoints; absent when none are wanted. A fit resumes from what it finds there. */
  readonly checkpointDir?: string;
  /** Threads that the fit may use; 1 when absent. */
  readonly threads?: number;
}

/** One dimension of a search; `log` draws the logarithm uniformly. */
export type SearchRange =
  | { readonly kind: "choice"; readonly values: readonly (string | number | boolean)[] }
  | { readonly kind: "integer"; readonly min: number; readonly max: number; readonly log?: boolean }
  | { readonly kind: "number"; readonly min: number; readonly max: number; readonly log?: boolean };

/** Config key -> range. */
export type SearchSpace = Readonly<Record<string, SearchRange>>;

/** Proposes candidates. Cheap, high recall; a Model then ranks what it proposes. */
export interface Retriever {
  readonly name: string;
  retrieve(batch: QueryBatch, n: number): readonly Int32Array[];
}
