import { throwIfCancelled } from "@sequitur/core";
import type { FitRun } from "@sequitur/recommender";
import type { LiteLlm4recConfig } from "./config.js";

/** What a validation may choose after training: how much alike texts count, and how far unseen items are raised. */
export interface TextWeights {
  readonly textMatch: number;
  readonly coldBias: number;
}

/** Tried for a key that the config leaves open, beside 0. */
const TRIED: Readonly<Record<keyof TextWeights, readonly number[]>> = {
  textMatch: [2, 4, 8, 12, 16],
  coldBias: [-2, 2, 4],
};

/** The weights that a config gives, 0 where it gives none. */
export function givenWeights({
  textMatch = 0,
  coldBias = 0,
}: Pick<LiteLlm4recConfig, "textMatch" | "coldBias">): TextWeights {
  return { textMatch, coldBias };
}

/**
 * The best of a few weights by validation, one key after the other, for those keys that matter (`open`) and that the config does not
 * give. The first tried of two that do as well, 0 before all others.
 */
export async function weighTexts(
  config: Pick<LiteLlm4recConfig, "textMatch" | "coldBias">,
  open: Readonly<Record<keyof TextWeights, boolean>>,
  valueOf: (weights: TextWeights) => Promise<number>,
  { report, signal }: Pick<FitRun, "report" | "signal">,
): Promise<TextWeights> {
  const keys = (["textMatch", "coldBias"] as const).filter((key) => open[key] && config[key] === undefined);
  let best = givenWeights(config);
  if (keys.length === 0) return best;
  const total = keys.reduce((sum, key) => sum + TRIED[key].length, 1);
  let done = 0;
  const validated = async (weights: TextWeights): Promise<number> => {
    throwIfCancelled(signal);
    const value = await valueOf(weights);
    report?.({ task: "weigh item texts", done: ++done, total, unit: "weights" });
    return value;
  };
  let most = await validated(best);
  for (const key of keys) {
    for (const value of TRIED[key]) {
      const weights = { ...best, [key]: value };
      const found = await validated(weights);
      if (found > most) [best, most] = [weights, found];
    }
  }
  return best;
}
