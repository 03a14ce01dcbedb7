import { NONE, type Interactions, maxOf } from "@sequitur/core";
import { zoneOffsetMinutes } from "@sequitur/data";
import { leafCategories } from "../history/places.js";
import { periodOf } from "./period.js";
import type { SeasonConfig } from "./season-config.js";
import { seasonMixture } from "./season-mixture.js";

/** Check-ins that an item's category weighs against its own, and everybody's (a factor of 1) against the category's. */
const PRIOR_CHECK_INS = 20;

/** How much more, or less, places are visited in a period than over the year. */
export interface SeasonFactors {
  readonly periods: 12 | 4;
  /** (P) training check-ins; a period with 0 speaks through its neighbours. */
  readonly counts: Float64Array;
  /** (N, P) row-major: share of the period's check-ins over share of all check-ins; 1 = no season. */
  readonly factors: Float32Array;
}

/** The period of each training row: its place's time zone (else the row's clock, else UTC) and hemisphere decide. */
export function rowPeriods(train: Interactions, periods: 12 | 4): Uint8Array {
  const { timeZones, latitudes } = train.catalog.itemColumns;
  return Uint8Array.from(train.items, (item, row) => {
    const zone = timeZones?.[item] ?? "";
    const instant = train.times[row]!;
    const offset = zone === "" ? (train.context.utcOffsetMinutes?.[row] ?? 0) : zoneOffsetMinutes(zone, instant);
    return periodOf(instant, offset, latitudes?.[item] ?? Number.NaN, periods);
  });
}

/**
 * Season factors from training check-ins: (observed + 20 prior) / (expected + 20) visits, both summed over neighbouring
 * periods by the season's mixture; expected = the item's check-ins x the period's share of all. The prior is the factor of
 * the item's most specific category, and 1 for a category.
 */
export function seasonFactors(train: Interactions, config: SeasonConfig): SeasonFactors {
  const { periods } = config;
  const size = train.catalog.items.size;
  const rows = rowPeriods(train, periods);
  const counts = new Float64Array(periods);
  const own = new Float64Array(size * periods);
  rows.forEach((period, row) => {
    counts[period]! += 1;
    own[train.items[row]! * periods + period]! += 1;
  });
  const { categories: categoryOf, names } = leafCategories(train.catalog.itemColumns, size);
  const categoryCount = names.length;
  const grouped = new Float64Array(categoryCount * periods);
  for (let item = 0; item < size; item++) {
    const category = categoryOf[item]!;
    if (category === NONE) continue;
    for (let p = 0; p < periods; p++) grouped[category * periods + p]! += own[item * periods + p]!;
  }
  const lift = lifter(counts, seasonMixture(counts, config));
  const categoryFactors = new Float32Array(grouped.length);
  for (let c = 0; c < categoryCount; c++) lift(categoryFactors, grouped, c, undefined);
  const factors = new Float32Array(own.length);
  for (let item = 0; item < size; item++) {
    const category = categoryOf[item]!;
    const prior =
      category === NONE ? undefined : categoryFactors.subarray(category * periods, (category + 1) * periods);
    lift(factors, own, item, prior);
  }
  return { periods, counts, factors };
}

/** Fills row `at` of out: (observed + k prior) / (expected + k), over the mixture's neighbours. */
function lifter(counts: Float64Array, mixture: Float32Array) {
  const periods = counts.length;
  const total = counts.reduce((sum, count) => sum + count, 0);
  return (out: Float32Array, visits: Float64Array, at: number, prior: Float32Array | undefined): void => {
    const own = visits.subarray(at * periods, (at + 1) * periods);
    const share = total === 0 ? 0 : own.reduce((sum, count) => sum + count, 0) / total;
    for (let p = 0; p < periods; p++) {
      let observed = PRIOR_CHECK_INS * (prior?.[p] ?? 1);
      let expected = PRIOR_CHECK_INS;
      const most = maxOf(mixture.subarray(p * periods, (p + 1) * periods));
      for (let q = 0; q < periods; q++) {
        const weight = mixture[p * periods + q]! / most; // the nearest known period counts whole
        observed += weight * own[q]!;
        expected += weight * share * counts[q]!;
      }
      out[at * periods + p] = observed / expected;
    }
  };
}
