import { compareAll } from "@sequitur/metrics";
import { orElse, type IntervalOptions } from "./intervals.js";
import type { ModelComparison } from "./report.js";

/** Label -> metric -> (Q) values. */
export type ValuesByLabel = ReadonlyMap<string, ReadonlyMap<string, Float64Array>>;

/** Label -> its comparisons with `against`, Holm-corrected over all models metric by metric. */
export function comparisonsWith(
  against: string,
  models: ValuesByLabel,
  metrics: readonly string[],
  options: IntervalOptions,
): Map<string, ModelComparison[]> {
  const { random, confidence: level, resamples, users: clusters } = options;
  const found = new Map<string, ModelComparison[]>();
  for (const metric of metrics) {
    const columns = new Map([...models].map(([label, values]) => [label, values.get(metric)!]));
    for (const { run, bootstrap, wilcoxon, adjusted } of compareAll(columns, against, {
      random: random.fork(`against ${against}`).fork(metric),
      level,
      resamples,
      clusters,
    })) {
      const list = found.get(run) ?? [];
      found.set(run, list);
      list.push({
        metric,
        against,
        difference: {
          mean: orElse(bootstrap.difference, 0),
          low: orElse(bootstrap.low, -1),
          high: orElse(bootstrap.high, 1),
        },
        pBootstrap: bootstrap.pValue,
        pWilcoxon: orElse(wilcoxon.pValue, 1),
        pHolm: adjusted.bootstrap,
        significant: adjusted.bootstrap < 1 - level,
      });
    }
  }
  return found;
}
