import { HOUR_MS, type Interactions, type Random } from "@sequitur/core";
import { distancesKm } from "./distance.js";

/** Below it two places are the same spot. */
const SPOT_KM = 0.02;
/** Bins of doubling distance from SPOT_KM on, after the bin of the same spot; the last reaches around the earth. */
const BINS = 22;
/** Trips that start less than so long ago share a distribution. */
const GAP_HOURS = [1, 4, 12] as const;
const GAPS = GAP_HOURS.length + 1;
/** Entries of `logRatios`. */
export const PRIOR_SIZE = GAPS * BINS;
/** Draws of chance for each trip. */
const CHANCES = 10;
/** Trips that chance (for all trips) and all trips (for those after one gap) weigh against the counts. */
const PRIOR_TRIPS = 100;

/** How much likelier a next place is at a distance than chance would have it, by the time since the last place. */
export interface DistancePrior {
  /** Trips it was learned from. */
  readonly trips: number;
  /** (4, 22) row-major log p(distance | gap) / p(distance by chance): gaps below 1 h, 4 h, 12 h and longer. */
  readonly logRatios: Float32Array;
}

/**
 * Learns the prior from training trips: consecutive check-ins of a user in one trajectory (`session`, else at most 24 h
 * apart). Chance is the distance from the trip's start to the place of a random check-in, so that the prior adds nothing
 * about popularity. Distances are counted in doubling bins, blurred over neighbours (1/4, 1/2, 1/4), and small counts
 * drawn towards chance: without trips every ratio is 1. Displacements of people follow a power law over such bins
 * (Gonzalez et al. 2008), here left free.
 */
export function distancePrior(train: Interactions, vectors: Float64Array, random: Random): DistancePrior {
  const trips = new Float64Array(GAPS * BINS);
  const chance = new Float64Array(BINS);
  const visited = train.items;
  const km = new Float64Array(CHANCES + 1);
  const ends = new Int32Array(CHANCES + 1);
  let count = 0;
  for (let row = 1; row < train.size; row++) {
    if (!isTrip(train, row)) continue;
    ends[0] = visited[row]!;
    for (let i = 1; i <= CHANCES; i++) ends[i] = visited[random.integer(train.size)]!;
    distancesKm(km, visited[row - 1]!, vectors, ends);
    if (Number.isNaN(km[0]!)) continue;
    count++;
    trips[gapOf(train.times[row]! - train.times[row - 1]!) * BINS + binOf(km[0]!)]! += 1;
    for (let i = 1; i <= CHANCES; i++) if (!Number.isNaN(km[i]!)) chance[binOf(km[i]!)]! += 1;
  }
  return { trips: count, logRatios: ratios(trips, chance) };
}

function isTrip({ users, times, context }: Interactions, row: number): boolean {
  if (users[row] !== users[row - 1]) return false;
  if (context.session !== undefined) return context.session[row] === context.session[row - 1];
  return times[row]! - times[row - 1]! <= 24 * HOUR_MS;
}

function gapOf(gapMs: number): number {
  const gap = GAP_HOURS.findIndex((hours) => gapMs < hours * HOUR_MS);
  return gap < 0 ? GAPS - 1 : gap;
}

function binOf(km: number): number {
  return km < SPOT_KM ? 0 : Math.min(BINS - 1, 1 + Math.floor(Math.log2(km / SPOT_KM)));
}

function ratios(trips: Float64Array, chance: Float64Array): Float32Array {
  const base = shares(blurred(chance));
  const all = new Float64Array(BINS);
  trips.forEach((trip, i) => (all[i % BINS]! += trip));
  const pooled = drawn(blurred(all), base);
  const out = new Float32Array(trips.length);
  for (let gap = 0; gap < GAPS; gap++) {
    const own = drawn(blurred(trips.subarray(gap * BINS, (gap + 1) * BINS)), pooled);
    own.forEach((share, bin) => (out[gap * BINS + bin] = base[bin]! > 0 ? Math.log(share / base[bin]!) : 0));
  }
  return out;
}

/** Counts as shares, drawn towards a prior worth PRIOR_TRIPS. */
function drawn(counts: Float64Array, prior: Float64Array): Float64Array {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count, bin) => (count + PRIOR_TRIPS * prior[bin]!) / (total + PRIOR_TRIPS));
}

function shares(counts: Float64Array): Float64Array {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => (total === 0 ? 0 : count / total));
}

/** The bin of the same spot stays sharp: it is not near the next one in kind. */
function blurred(counts: Float64Array): Float64Array {
  return counts.map((count, bin) => {
    if (bin === 0) return count;
    const below = counts[Math.max(1, bin - 1)]!;
    const above = counts[Math.min(counts.length - 1, bin + 1)]!;
    return below / 4 + count / 2 + above / 4;
  });
}

/** The log ratio at a distance, between bins by a straight line in log distance; 0 for an unknown distance. */
export function distanceLogRatio({ logRatios }: DistancePrior, km: number, gapMs: number): number {
  if (Number.isNaN(km)) return 0;
  const row = gapOf(gapMs) * BINS;
  if (km < SPOT_KM) return logRatios[row]!;
  const position = Math.max(1, Math.min(BINS - 1, 0.5 + Math.log2(km / SPOT_KM)));
  const low = Math.min(BINS - 2, Math.floor(position));
  return logRatios[row + low]! + (position - low) * (logRatios[row + low + 1]! - logRatios[row + low]!);
}

/** Adds weight x log ratio to scores (C) of places that are km (C) away, `gapMs` after the last check-in. */
export function addDistancePrior(
  scores: Float32Array,
  km: Float32Array | Float64Array,
  prior: DistancePrior,
  { gapMs, weight }: { readonly gapMs: number; readonly weight: number },
): void {
  for (let i = 0; i < scores.length; i++) scores[i]! += weight * distanceLogRatio(prior, km[i]!, gapMs);
}
