import type { MetricObjectWithValues, MetricValueWithName } from "prom-client";

export interface HistogramSummary {
  readonly count: number;
  /** By linear interpolation within a bucket; NaN for an empty histogram; the last bound where it lies beyond it. */
  quantile(share: number): number;
}

type Values = MetricObjectWithValues<MetricValueWithName<string>>["values"];

/** The series of a histogram whose labels pass, as one. */
export function summaryOf(
  values: Values,
  passes: (labels: Readonly<Record<string, unknown>>) => boolean,
): HistogramSummary {
  const cumulative = new Map<number, number>();
  for (const { metricName, labels, value } of values) {
    if (metricName?.endsWith("_bucket") !== true || !passes(labels)) continue;
    const bound = Number(String(labels["le"]).replace("+Inf", "Infinity"));
    cumulative.set(bound, (cumulative.get(bound) ?? 0) + value);
  }
  const bounds = [...cumulative.keys()].sort((a, b) => a - b);
  const count = cumulative.get(Infinity) ?? 0;
  return { count, quantile: (share) => quantileIn(bounds, cumulative, share * count) };
}

function quantileIn(bounds: readonly number[], cumulative: ReadonlyMap<number, number>, wanted: number): number {
  let low = 0;
  let below = 0;
  for (const bound of bounds) {
    const upTo = cumulative.get(bound)!;
    if (upTo >= wanted && upTo > below) {
      return bound === Infinity ? low : low + ((bound - low) * (wanted - below)) / (upTo - below);
    }
    low = bound;
    below = upTo;
  }
  return Number.NaN;
}
