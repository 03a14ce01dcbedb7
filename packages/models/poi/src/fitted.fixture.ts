import { parseConfig, Random, type Interactions } from "@sequitur/core";
import type { FitRun } from "@sequitur/recommender";
import { getnext } from "./getnext/getnext.js";
import { seaget } from "./seaget/seaget.js";
import type { PoiModel } from "./serving/poi-model.js";

/** Config keys that suit a few hundred short trajectories. */
export const SMALL = {
  width: 16,
  timeWidth: 8,
  layers: 1,
  hidden: 32,
  maxLength: 12,
  visits: 30,
  visitHidden: 8,
  epochs: 4,
  batchSize: 256,
  learningRate: 0.01,
  dropout: 0,
} as const;

/** A model of that name with the small config, changed by `extra`; getnext keeps its own `visits`. */
export async function fitted(
  name: "seaget" | "getnext",
  train: Interactions,
  extra: Record<string, unknown> = {},
  run: Partial<FitRun> = {},
): Promise<PoiModel> {
  const recommender = name === "seaget" ? seaget : getnext;
  const { visits, ...others } = SMALL;
  const config = { ...others, ...(name === "seaget" && { visits }), ...extra };
  return recommender.fit(train, parseConfig(recommender.config, config, "test"), { random: new Random(1), ...run });
}
