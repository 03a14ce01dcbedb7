import { PlatformError } from "@sequitur/core";
import { holm } from "./holm.js";
import { pairedDifferences } from "./paired-differences.js";
import { pairedTests, type PairedTest, type PairedTestOptions } from "./paired-test.js";
import { wilcoxon, type Wilcoxon, type WilcoxonOptions } from "./wilcoxon.js";

export interface CompareOptions extends PairedTestOptions, WilcoxonOptions {}

/** Two runs over the same queries. */
export interface PairedComparison {
  /** Pairs in which both values were defined; the means are over these. */
  readonly count: number;
  readonly meanA: number;
  readonly meanB: number;
  /** Queries in which a is greater, smaller, equal. */
  readonly wins: number;
  readonly losses: number;
  readonly ties: number;
  /** Of the mean of a - b. */
  readonly paired: PairedTest;
  /** Treats queries as independent, also when `clusters` are given. */
  readonly wilcoxon: Wilcoxon;
}

/** A run against the baseline, its p-values also adjusted for the number of runs compared. */
export interface BaselineComparison extends PairedComparison {
  readonly run: string;
  /** Holm-adjusted over all runs compared. */
  readonly adjusted: { readonly paired: number; readonly wilcoxon: number };
}

/** Compares the values of two runs, one a query, in the same order. */
export function comparePaired(a: Float64Array, b: Float64Array, options: CompareOptions): PairedComparison {
  return comparison(a, b, pairedTests([a], b, options)[0]!, options);
}

function comparison(a: Float64Array, b: Float64Array, paired: PairedTest, options: CompareOptions): PairedComparison {
  const differences = pairedDifferences(a, b);
  let [meanA, meanB, wins, losses, ties] = [0, 0, 0, 0, 0];
  for (let row = 0; row < a.length; row++) {
    const [valueA, valueB] = [a[row]!, b[row]!];
    if (Number.isNaN(valueA) || Number.isNaN(valueB)) continue;
    meanA += valueA;
    meanB += valueB;
    if (differences[row]! > 0) wins++;
    else if (differences[row]! < 0) losses++;
    else ties++;
  }
  const { count } = paired;
  return {
    count,
    meanA: meanA / count,
    meanB: meanB / count,
    wins,
    losses,
    ties,
    paired,
    wilcoxon: wilcoxon(a, b, options),
  };
}

/**
 * Every other run against the baseline, in the order of `runs`: a is the run, b the baseline. All are tested with
 * the same signs. Holm's correction is over these comparisons of one metric; whoever looks at several metrics corrects over
 * all of them with `holm`.
 */
export function compareAll(
  runs: ReadonlyMap<string, Float64Array>,
  baseline: string,
  options: CompareOptions,
): readonly BaselineComparison[] {
  const base = runs.get(baseline);
  if (base === undefined) {
    throw new PlatformError("bad-config", `baseline must be one of ${[...runs.keys()].join(", ")}, got ${baseline}.`);
  }
  const others = [...runs].filter(([run]) => run !== baseline);
  const tests = pairedTests(
    others.map(([, values]) => values),
    base,
    options,
  );
  const compared = others.map(([run, values], i) => ({ run, ...comparison(values, base, tests[i]!, options) }));
  const byPaired = holm(compared.map(({ paired }) => paired.pValue));
  const byWilcoxon = holm(compared.map(({ wilcoxon }) => wilcoxon.pValue));
  return compared.map((comparison, i) => ({
    ...comparison,
    adjusted: { paired: byPaired[i]!, wilcoxon: byWilcoxon[i]! },
  }));
}
