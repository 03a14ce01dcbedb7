import { PlatformError, type RaggedItems } from "@sequitur/core";
import { expandMetrics, type ParsedMetric } from "./metrics.js";
import { queryRanks, TIE_RULES, type TargetRanks, type TieRule } from "./query-ranks.js";

export interface RankingMetricsOptions {
  /** Names such as "ndcg@10", or bare ones that `expandMetrics` crosses with the cut-offs. */
  readonly metrics: readonly string[];
  /** Positive integers. */
  readonly cutoffs: readonly number[];
  /** (B) columns ranked for each query, as `candidateCounts` gives; needed by auc and by shares such as recall@10%. */
  readonly candidates?: ArrayLike<number>;
  /** What each target is worth, aligned with the ranks, in [0, 1000]; needed by graded metrics. */
  readonly values?: ArrayLike<number>;
  /** What becomes of equal scores; "expected" when absent. */
  readonly ties?: TieRule;
}

/**
 * Metric name -> (B) its value for each query, in [0, 1]; NaN where it is undefined (no target; for auc no other item).
 * `ranks` and `ties` are those of `targetRanks`, query b's are offsets[b] .. offsets[b + 1].
 */
export function rankingMetrics(
  { ranks, ties }: TargetRanks,
  targets: Pick<RaggedItems, "offsets">,
  options: RankingMetricsOptions,
): ReadonlyMap<string, Float64Array> {
  const { offsets } = targets;
  const size = offsets.length - 1;
  const asked = expandMetrics(options.metrics, options.cutoffs);
  const rule = options.ties ?? "expected";
  check(ranks, offsets, asked, options.candidates);
  checkValues(options.values, ranks.length, asked);
  checkTies(ties, ranks.length, rule);
  const graded = asked.some(({ metric }) => metric.needsValues === true);
  const values = asked.map(() => new Float64Array(size).fill(Number.NaN));
  for (let row = 0; row < size; row++) {
    const [from, to] = [offsets[row]!, offsets[row + 1]!];
    if (from === to) continue;
    const own = {
      ranks: ranks.subarray(from, to),
      ties: ties.subarray(from, to),
      values: graded ? Array.from({ length: to - from }, (_, i) => options.values![from + i]!) : undefined,
      candidates: options.candidates?.[row] ?? Number.NaN,
    };
    const query = queryRanks(own, row, rule);
    for (let m = 0; m < asked.length; m++) {
      const { metric, k, share } = asked[m]!;
      // A budget of 10 % of 5 items is 1 item: what is read is whole. The product of 0.07 and 100 is above 7.
      values[m]![row] = metric.value(query, share === undefined ? k : Math.ceil(share * query.candidates - 1e-9));
    }
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
  const needy = asked.find(({ metric, share }) => metric.needsCandidates || share !== undefined);
  if (needy && candidates === undefined) {
    throw new PlatformError("bad-config", `metric ${needy.name} needs candidates: the columns ranked for each query.`);
  }
}

/** A gain of 2^value - 1 is beyond double precision soon after. */
const MOST_VALUE = 1_000;

function checkValues(values: ArrayLike<number> | undefined, size: number, asked: readonly ParsedMetric[]): void {
  const needy = asked.find(({ metric }) => metric.needsValues);
  if (needy === undefined) return;
  if (values === undefined) {
    throw new PlatformError("bad-config", `metric ${needy.name} needs values: what each target is worth.`);
  }
  if (values.length !== size) {
    throw new PlatformError("bad-config", `values must have ${size} numbers like ranks, got ${values.length}.`);
  }
  for (let i = 0; i < size; i++) {
    if (values[i]! >= 0 && values[i]! <= MOST_VALUE) continue;
    throw new PlatformError(
      "bad-data",
      `metric ${needy.name} needs values in [0, ${MOST_VALUE}], got ${values[i]}: scale them by the signals.`,
    );
  }
}

function checkTies(ties: Int32Array, size: number, rule: TieRule): void {
  if (ties.length !== size) {
    throw new PlatformError("bad-config", `ties must have ${size} counts like ranks, got ${ties.length}.`);
  }
  if (!TIE_RULES.includes(rule)) {
    throw new PlatformError("bad-config", `ties must be one of ${TIE_RULES.join(", ")}, got ${rule}.`);
  }
}
