import { loadRecommender } from "@sequitur/builtin";
import { parseConfig, type Random, type Report } from "@sequitur/core";
import type { Model } from "@sequitur/recommender";
import type { KnownLog } from "./known-log.js";

export interface FitPlan {
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly threads: number;
  readonly random: Random;
  readonly report?: Report;
}

/** A recommender fitted on what is known: on the slates if it can learn from them, else on history and clicks. */
export async function fitModel(known: KnownLog, { name, config, ...run }: FitPlan): Promise<Model> {
  const recommender = await loadRecommender(name);
  const parsed = parseConfig(recommender.config, config, `config of ${name}`);
  if (recommender.fitSlates !== undefined) return recommender.fitSlates(known.slates(), parsed, run);
  return recommender.fit(known.interactions(), parsed, run);
}
