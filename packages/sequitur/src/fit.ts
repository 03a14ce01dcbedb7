import { loadRecommender } from "@sequitur/builtin";
import { parseConfig, Random, type Progress } from "@sequitur/core";
import type { Model, Recommender } from "@sequitur/recommender";
import { interactionsOf, type Trainable } from "./interactions-of.js";
import { ndcgOn } from "./ndcg-on.js";

export interface FitOptions {
  /** Fields of the model's config; the others get their defaults. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Same seed, same model (default 1). */
  readonly seed?: number;
  /** Threads of the fit (default 1). */
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly report?: (progress: Progress) => void;
}

/**
 * Trains a model: a built-in one by name ("sasrec", see the README for all), or a recommender of your own. With a split
 * it learns from the training part and stops early by the validation part, where the model can.
 */
export async function fit(model: string | Recommender, data: Trainable, options: FitOptions = {}): Promise<Model> {
  const { config = {}, seed = 1, threads = 1, signal, report } = options;
  const recommender = typeof model === "string" ? await loadRecommender(model) : model;
  const resolved = parseConfig(recommender.config, config, `config of ${recommender.name}`);
  return recommender.fit(interactionsOf(data), resolved, {
    random: new Random(seed),
    threads,
    ...(signal && { signal }),
    ...(report && { report }),
    ...("train" in data && data.validation.queries.size > 0 && { validate: ndcgOn(data.validation) }),
  });
}
