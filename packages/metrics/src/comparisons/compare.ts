import { PlatformError } from "@sequitur/core";
import type { BootstrapOptions } from "../intervals/bootstrap-interval.js";
import { holm } from "./holm.js";
import { pairedBootstraps, type PairedBootstrap } from "./paired-bootstrap.js";
import { pairedDifferences } from "./paired-differences.js";
import { wilcoxon, type Wilcoxon, type WilcoxonOptions } from "./wilcoxon.js";

export interface CompareOptions extends BootstrapOptions, WilcoxonOptions {}

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
  readonly bootstrap: PairedBootstrap;
  /** Treats queries as independent, also when `clusters` are given. */
  readonly wilcoxon: Wilcoxon;
}

/** A run against the baseline, its p-values also adjusted for the number of runs compared. */
export interface BaselineComparison extends PairedComparison {
  readonly run: string;
  /** Holm-adjusted over all runs compared. */
  readonly adjusted: { readonly bootstrap: number; readonly wilcoxon: number };
}

/** Compares the values of two runs, one a query, in the same order. */
export function comparePaired(a: Float64Array, b: Float64Array, options: CompareOptions): PairedComparison {
  return comparison(a, b, pairedBootstraps([a], b, options)[0]!, options);
}

function comparison(
  a: Float64Array,
  b: Float64Array,
  bootstrap: PairedBootstrap,
  options: CompareOptions,
): PairedComparison {
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
  const { count } = bootstrap;
  return {
    count,
    meanA: meanA / count,
    meanB: meanB / count,
    wins,
    losses,
    ties,
    bootstrap,
    wilcoxon: wilcoxon(a, b, options),
  };
}

/**
 * Every other run against the baseline, in the order of `runs`: a is the run, b the baseline. All are resampled by the
 * same draws. Holm's correction is over these comparisons of one metric; whoever looks at several metrics corrects over
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
  const bootstraps = pairedBootstraps(
    others.map(([, values]) => values),
    base,
    options,
  );
  const compared = others.map(([run, values], i) => ({ run, ...comparison(values, base, bootstraps[i]!, options) }));
  const byBootstrap = holm(compared.map(({ bootstrap }) => bootstrap.pValue));
  const byWilcoxon = holm(compared.map(({ wilcoxon }) => wilcoxon.pValue));
  return compared.map((comparison, i) => ({
    ...comparison,
    adjusted: { bootstrap: byBootstrap[i]!, wilcoxon: byWilcoxon[i]! },
  }));
}
