import { PlatformError } from "@sequitur/core";

/** Columns of equal score that hold at least one target. */
export interface TieGroup {
  /** Columns with a greater score. */
  readonly above: number;
  /** Columns with this score, the targets included; 1 for a target that is tied with nothing. */
  readonly size: number;
  /** How many of them are targets. */
  readonly targets: number;
}

/** What a ranking metric sees of one query. */
export interface QueryRanks {
  /** Best first, as the tie rule has them: under "mid-rank" each target stands alone. */
  readonly groups: readonly TieGroup[];
  /** Best first, as the scores have them. */
  readonly tied: readonly TieGroup[];
  /** How many targets there are, ranked or not; at least one. */
  readonly relevant: number;
  /** (R) what each target is worth, in the order of `tied`, those not ranked last; empty when not given. */
  readonly values: Float64Array;
  /** How many columns were ranked; NaN when not given. */
  readonly candidates: number;
}

/**
 * What becomes of equal scores. "expected": each metric is its mean over all orders of the tied columns (McSherry &
 * Najork 2008), so that a constant scorer gets what a random order gets. "mid-rank": a target stands at the mean of the
 * places of its equals, a half place counts as the upper one, and tied targets take the places around it, 1 apart.
 */
export const TIE_RULES = ["expected", "mid-rank"] as const;
export type TieRule = (typeof TIE_RULES)[number];

/** Ranks of the targets as `targetRanks` gives them, all queries one after the other. */
export interface TargetRanks {
  /** The mean of the places that the target shares with its equals; Infinity when it was not ranked. */
  readonly ranks: Float64Array;
  /** How many ranked columns have the target's score, itself included; 1 = no tie, 0 = not ranked. */
  readonly ties: Int32Array;
}

/** One query's part of what `rankingMetrics` takes. */
export interface QueryPart extends TargetRanks {
  /** Aligned with the ranks. */
  readonly values?: ArrayLike<number> | undefined;
  readonly candidates: number;
}

/** The metric's view of one query, whose targets may come in any order. */
export function queryRanks({ ranks, ties, values, candidates }: QueryPart, row: number, rule: TieRule): QueryRanks {
  const order = Array.from(ranks.keys()).sort((i, j) => ranks[i]! - ranks[j]!);
  const tied: TieGroup[] = [];
  for (let start = 0; start < order.length;) {
    const [rank, size] = [ranks[order[start]!]!, ties[order[start]!]!];
    if (rank === Infinity) break;
    let end = start + 1;
    while (end < order.length && ranks[order[end]!] === rank) end++;
    const above = rank - (size + 1) / 2;
    if (!(above >= 0 && end - start <= size)) throw wrongRank(rank, size, end - start, row);
    tied.push({ above, size, targets: end - start });
    start = end;
  }
  return {
    groups: rule === "expected" ? tied : tied.flatMap(midRanks),
    tied,
    relevant: ranks.length,
    values: values === undefined ? NO_VALUES : Float64Array.from(order, (i) => values[i]!),
    candidates,
  };
}

const NO_VALUES = new Float64Array(0);

function midRanks({ above, size, targets }: TieGroup): TieGroup[] {
  const first = above + (size + 1) / 2 - (targets - 1) / 2;
  return Array.from({ length: targets }, (_, i) => ({ above: Math.floor(first + i) - 1, size: 1, targets: 1 }));
}

function wrongRank(rank: number, size: number, targets: number, row: number): PlatformError {
  return new PlatformError(
    "bad-data",
    `ranks must be at least 1 and the mean place of their ties, got rank ${rank} of ${targets} targets among ${size} ` +
      `equal scores in query ${row}.`,
  );
}

/** How many columns of the group stand at place k or before. */
export function within({ above, size }: TieGroup, k: number): number {
  return Math.max(0, Math.min(size, k - above));
}

/** How many targets are expected at place k or before; k may be Infinity. */
export function hitsWithin({ groups }: QueryRanks, k: number): number {
  let hits = 0;
  for (const group of groups) {
    const places = within(group, k);
    if (places === 0) break;
    hits += (group.targets * places) / group.size;
  }
  return hits;
}
