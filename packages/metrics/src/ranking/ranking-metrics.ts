import { PlatformError, type RaggedItems } from "@sequitur/core";
import { expandMetrics, type ParsedMetric } from "./metrics.js";
import { queryRanks } from "./query-ranks.js";

export interface RankingMetricsOptions {
  /** Names such as "ndcg@10", or bare ones that `expandMetrics` crosses with the cut-offs. */
  readonly metrics: readonly string[];
  /** Positive integers. */
  readonly cutoffs: readonly number[];
  /** (B) columns ranked for each query, as `candidateCounts` gives; needed by auc only. */
  readonly candidates?: ArrayLike<number>;
}

/**
 * Metric name -> (B) its value for each query, in [0, 1]; NaN where it is undefined (no target; for auc no other item).
 * `ranks` are those of `targetRanks`, query b's are ranks[offsets[b] .. offsets[b + 1]].
 */
export function rankingMetrics(
  ranks: Float64Array,
  targets: Pick<RaggedItems, "offsets">,
  options: RankingMetricsOptions,
): ReadonlyMap<string, Float64Array> {
  const { offsets } = targets;
  const size = offsets.length - 1;
  const asked = expandMetrics(options.metrics, options.cutoffs);
  check(ranks, offsets, asked, options.candidates);
  const values = asked.map(() => new Float64Array(size).fill(Number.NaN));
  for (let row = 0; row < size; row++) {
    const own = ranks.subarray(offsets[row], offsets[row + 1]);
    if (own.length === 0) continue;
    const query = queryRanks(own, options.candidates?.[row] ?? Number.NaN, row);
    for (let m = 0; m < asked.length; m++) values[m]![row] = asked[m]!.metric.value(query, asked[m]!.k);
  }
  return new Map(asked.map(({ name }, m) => [name, values[m]!]));
}

function check(
  ranks: Float64Array,
  offsets: Int32Array,
  asked: readonly ParsedMetric[],
  candidates: ArrayLike<number> | undefined,
): void {
  const size = offsets.length - 1;
  if (ranks.length !== offsets[size]) {
    throw new PlatformError("bad-config", `ranks must have ${offsets[size]} values like targets, got ${ranks.length}.`);
  }
  if (candidates !== undefined && candidates.length !== size) {
    throw new PlatformError("bad-config", `candidates must have ${size} counts, got ${candidates.length}.`);
  }
  const needy = asked.find(({ metric }) => metric.needsCandidates);
  if (needy && candidates === undefined) {
    throw new PlatformError("bad-config", `metric ${needy.name} needs candidates: the columns ranked for each query.`);
  }
}
