import { baselineNames } from "@sequitur/builtin";
import { contendersOf } from "./contender.js";
import type { Experiment } from "./experiment.js";

/** The baseline for models that read texts. */
const OF_TEXTS = "content-knn";

/**
 * Simple baselines that an experiment should show beside its models and neither lists nor omits with a reason, in the order
 * of the registry: every one of `baselineNames`, and `content-knn` where a contender reads texts. All get the experiment's
 * own number of trials. Reads modules of own models, but no lists.
 */
export async function missingBaselines(experiment: Experiment): Promise<string[]> {
  const contenders = await contendersOf({ ...experiment, runs: [] });
  const readsTexts = contenders.some((one) => one.reads(one.resolve(one.given))?.includes("texts"));
  const wanted = readsTexts ? [...baselineNames, OF_TEXTS] : baselineNames;
  const present = new Set([...contenders.map(({ name }) => name), ...Object.keys(experiment.omitted)]);
  return wanted.filter((name) => !present.has(name));
}
