import { PlatformError } from "@sequitur/core";
import { normalTail } from "../distributions/normal.js";
import { pairedDifferences, ROUNDING } from "./paired-differences.js";

/** "pratt" ranks the zeros with the rest and then drops them; "wilcoxon" drops them first. */
export type ZeroRule = "pratt" | "wilcoxon";

export interface WilcoxonOptions {
  readonly zeros?: ZeroRule;
}

/** Wilcoxon's signed-rank test of the pairs a, b. */
export interface Wilcoxon {
  /** Pairs that differ, and pairs that do not; pairs with an undefined value are in neither. */
  readonly count: number;
  readonly zeros: number;
  /** Sums of the ranks of |a - b| where a > b and where a < b. */
  readonly positive: number;
  readonly negative: number;
  /** (positive - negative) / (positive + negative) in [-1, 1], the rank-biserial correlation; 0 without a difference. */
  readonly effect: number;
  /** Two-sided, in (0, 1]; 1 without a difference. */
  readonly pValue: number;
  readonly method: "exact" | "normal";
}

/** Up to this many differing pairs the null distribution is enumerated. */
const EXACT_PAIRS = 25;

/**
 * Tests whether a - b is symmetric around 0 (Wilcoxon 1945; zeros by Pratt 1959 unless told otherwise). Equal |a - b|
 * share their mean rank. With at most 25 differing pairs the p-value is exact, also with ties and zeros: the sum over
 * all signs is enumerated. Beyond, it is normal with the variance of those same ranks (sum of rank^2 / 4, which is the
 * tie-corrected one) and a continuity correction of 1/2.
 */
export function wilcoxon(a: Float64Array, b: Float64Array, options: WilcoxonOptions = {}): Wilcoxon {
  const rule = options.zeros ?? "pratt";
  if (rule !== "pratt" && rule !== "wilcoxon") {
    throw new PlatformError("bad-config", `zeros must be pratt or wilcoxon, got ${String(rule)}.`);
  }
  const differences = pairedDifferences(a, b).filter((difference) => !Number.isNaN(difference));
  const nonZero = differences.filter((difference) => difference !== 0);
  const zeros = differences.length - nonZero.length;
  const count = nonZero.length;
  if (count === 0) return { count, zeros, positive: 0, negative: 0, effect: 0, pValue: 1, method: "exact" };
  const { ranks, positive, total } = signedRanks(nonZero, rule === "pratt" ? zeros : 0);
  const method = count <= EXACT_PAIRS ? "exact" : "normal";
  const pValue = method === "exact" ? exactPValue(ranks, positive) : normalPValue(ranks, positive, total);
  const negative = total - positive;
  return { count, zeros, positive, negative, effect: (positive - negative) / total, pValue, method };
}

/** Mean ranks of |d| ascending, the first being `offset` + 1, their sum, and the sum of those with d > 0. */
function signedRanks(differences: Float64Array, offset: number) {
  const sizes = differences.map(Math.abs).sort();
  const positives = differences.filter((difference) => difference > 0).sort();
  const ranks = new Float64Array(sizes.length);
  let positive = 0;
  let total = 0;
  let next = 0;
  for (let start = 0; start < sizes.length;) {
    const limit = sizes[start]! * (1 + ROUNDING);
    let end = start;
    while (end < sizes.length && sizes[end]! <= limit) end++;
    const rank = offset + (start + 1 + end) / 2;
    ranks.fill(rank, start, end);
    total += rank * (end - start);
    for (; positives[next]! <= limit; next++) positive += rank;
    start = end;
  }
  return { ranks, positive, total };
}

/** P(|W - mean| >= |w - mean|) over all 2^n signs; sums of doubled ranks are whole, so they index a table. */
function exactPValue(ranks: Float64Array, positive: number): number {
  const doubled = Array.from(ranks, (rank) => 2 * rank);
  const total = doubled.reduce((sum, rank) => sum + rank, 0);
  const probability = new Float64Array(total + 1);
  probability[0] = 1;
  let reached = 0;
  for (const rank of doubled) {
    reached += rank;
    for (let sum = reached; sum >= 0; sum--) {
      probability[sum] = (probability[sum]! + (sum >= rank ? probability[sum - rank]! : 0)) / 2;
    }
  }
  const far = Math.max(2 * positive, total - 2 * positive);
  let tail = 0;
  for (let sum = far; sum <= total; sum++) tail += probability[sum]!;
  return Math.min(1, 2 * tail);
}

function normalPValue(ranks: Float64Array, positive: number, total: number): number {
  let squares = 0;
  for (const rank of ranks) squares += rank * rank;
  const distance = Math.max(0, Math.abs(positive - total / 2) - 0.5);
  return Math.min(1, 2 * normalTail((2 * distance) / Math.sqrt(squares)));
}
