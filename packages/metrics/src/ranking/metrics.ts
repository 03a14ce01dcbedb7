import { PlatformError } from "@sequitur/core";
import { auc } from "./auc.js";
import { err } from "./err.js";
import { f1 } from "./f1.js";
import { ndcgExponential, ndcgLinear } from "./graded-ndcg.js";
import { hit } from "./hit.js";
import { map } from "./map.js";
import { mrr } from "./mrr.js";
import { ndcg } from "./ndcg.js";
import { precision } from "./precision.js";
import { rbp } from "./rbp.js";
import type { RankingMetric } from "./ranking-metric.js";
import { recall } from "./recall.js";

/** Every ranking metric there is; a new one is a file beside this and a line here. */
export const METRICS: readonly RankingMetric[] = [
  recall,
  hit,
  precision,
  f1,
  ndcg,
  ndcgLinear,
  ndcgExponential,
  mrr,
  map,
  rbp,
  err,
  auc,
];

/** A metric as asked for: "ndcg@10" is ndcg at 10, "mrr" is mrr without a cut-off (k = Infinity). */
export interface ParsedMetric {
  /** As it will be named in results. */
  readonly name: string;
  readonly metric: RankingMetric;
  /** Places that count; Infinity without a cut-off, NaN where `share` is given. */
  readonly k: number;
  /** The share of the ranked columns that counts, in (0, 1], such as 0.1 for "recall@10%". */
  readonly share?: number;
}

/** Reads "name@k", "name@p%" or "name"; `bad-config` lists the known ones, or says what k must be. */
export function parseMetric(text: string): ParsedMetric {
  const at = text.indexOf("@");
  const name = at < 0 ? text : text.slice(0, at);
  const metric = METRICS.find((known) => known.name === name);
  const asked = metric && (at < 0 ? metric.cutoff !== "required" : metric.cutoff !== "never");
  if (!metric || !asked) {
    throw new PlatformError("bad-config", `metric must be one of ${knownForms()}, got "${text}".`);
  }
  if (at < 0) return { name, metric, k: Infinity };
  const digits = text.slice(at + 1);
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(digits)?.[1];
  if (percent !== undefined) return { name: text, metric, k: Number.NaN, share: shareOf(Number(percent), text) };
  const k = Number(digits);
  if (!/^[1-9]\d*$/.test(digits) || !Number.isSafeInteger(k)) {
    throw new PlatformError("bad-config", `k of metric "${text}" must be a positive integer, got "${digits}".`);
  }
  return { name: text, metric, k };
}

function shareOf(percent: number, text: string): number {
  if (percent > 0 && percent <= 100) return percent / 100;
  throw new PlatformError("bad-config", `the share of metric "${text}" must be above 0 and at most 100%.`);
}

/**
 * The metrics asked for, in order and without repeats. A bare name stands for every cut-off, if the metric takes one,
 * and for its value without a cut-off, if it has one: ["recall", "mrr"] at [5, 10] is recall@5, recall@10, mrr@5,
 * mrr@10, mrr. A name@k stands for itself.
 */
export function expandMetrics(names: readonly string[], cutoffs: readonly number[]): readonly ParsedMetric[] {
  const expanded = new Map<string, ParsedMetric>();
  const add = (text: string): void => {
    const parsed = parseMetric(text);
    expanded.set(parsed.name, parsed);
  };
  for (const name of names) {
    const metric = METRICS.find((known) => known.name === name);
    if (metric && metric.cutoff !== "never") {
      for (const k of cutoffs) add(`${name}@${k}`);
      if (metric.cutoff === "required" && cutoffs.length > 0) continue;
    }
    add(name);
  }
  return [...expanded.values()];
}

function knownForms(): string {
  return METRICS.flatMap(({ name, cutoff }) => {
    if (cutoff === "never") return [name];
    return cutoff === "required" ? [`${name}@k`] : [`${name}@k`, name];
  }).join(", ");
}
