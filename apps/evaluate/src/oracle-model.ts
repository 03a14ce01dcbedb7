import { parseConfig, PlatformError, type Interactions } from "@sequitur/core";
import { cityConfigSchema, cityOracle, generateCity } from "@sequitur/data";
import type { Model } from "@sequitur/recommender";
import type { TaskRun } from "./run-task.js";

/**
 * The true choice probabilities of a generated city as a model: no competitor, for it knows what nobody could learn,
 * but the ceiling of every ranking metric. The city is generated again from its config.
 */
export async function oracleModel(city: unknown, train: Interactions, run: TaskRun): Promise<Model> {
  const { signal, report } = run;
  const generated = await generateCity(parseConfig(cityConfigSchema, city, "data.city"), {
    ...(signal && { signal }),
    ...(report && { report }),
  });
  const { catalog } = train;
  const oracle = cityOracle(generated, { catalog });
  return {
    name: "oracle",
    catalog,
    score: (batch, candidates) => oracle.score(batch, candidates),
    save() {
      throw new PlatformError("bad-artifact", "the oracle is generated, not fitted: there is nothing to save.");
    },
  };
}
