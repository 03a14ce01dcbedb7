import { compareAll } from "@sequitur/metrics";
import { orElse, type ComparisonOptions } from "./intervals.js";
import type { ModelInput } from "@sequitur/recommender";
import type { ModelComparison } from "./report.js";
import { unequalInputs } from "./shown-inputs.js";

/** Label -> metric -> (Q) values. */
export type ValuesByLabel = ReadonlyMap<string, ReadonlyMap<string, Float64Array>>;

/** Label -> what the contender is shown; null where that is unknown. */
export type InputsByLabel = ReadonlyMap<string, readonly ModelInput[] | null>;

/** Label -> its comparisons with `against`, Holm-corrected over all models metric by metric. */
export function comparisonsWith(
  against: string,
  models: ValuesByLabel,
  metrics: readonly string[],
  shown: InputsByLabel,
  options: ComparisonOptions,
): Map<string, ModelComparison[]> {
  const { random, confidence: level, resamples, users: clusters } = options;
  const found = new Map<string, ModelComparison[]>();
  for (const metric of metrics) {
    const columns = new Map([...models].map(([label, values]) => [label, values.get(metric)!]));
    for (const { run, paired, wilcoxon, adjusted } of compareAll(columns, against, {
      random: random.fork(`against ${against}`).fork(metric),
      level,
      resamples,
      clusters,
    })) {
      const list = found.get(run) ?? [];
      found.set(run, list);
      const unequal = unequalInputs(shown.get(run) ?? null, shown.get(against) ?? null);
      list.push({
        metric,
        against,
        difference: {
          mean: orElse(paired.difference, 0),
          low: orElse(paired.low, -1),
          high: orElse(paired.high, 1),
        },
        pRandomisation: paired.pValue,
        pWilcoxon: orElse(wilcoxon.pValue, 1),
        pHolm: adjusted.paired,
        unequal,
        significant: unequal.length === 0 && adjusted.paired < 1 - level,
      });
    }
  }
  return found;
}
