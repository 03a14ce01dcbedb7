import { PlatformError, type IdTable } from "@sequitur/core";
import { PropensityCheck, type EstimatedPropensities, type PropensityReading } from "@sequitur/metrics";
import type { SlateChunk } from "./slate-chunk.js";
import type { SlateSource } from "./slate-source.js";

/** What a log is, after one pass over it. */
export interface Survey {
  readonly items: IdTable;
  readonly slates: number;
  readonly places: number;
  /** Positions that occur: 1 + the largest. */
  readonly positions: number;
  /** Whether a row is a slate's position or a choice of its own. */
  readonly grouped: boolean;
  /** Slates in which every propensity, every conditional, is known. */
  readonly knownPropensities: number;
  readonly knownConditionals: number;
  /** Slates whose propensities are estimated, and how well. */
  readonly estimated: EstimatedPropensities;
  readonly rewards: number;
  /** Whether slates stand in the order of time. */
  readonly ordered: boolean;
  /** (N) how often each item was shown. */
  readonly shown: readonly number[];
  readonly propensities: PropensityReading;
}

/** Reads the log once. Throws `bad-data` for one without slates. */
export async function surveyLog(source: SlateSource): Promise<Survey> {
  const check = new PropensityCheck();
  const shown: number[] = [];
  const sums = { slates: 0, places: 0, positions: 0, knownPropensities: 0, knownConditionals: 0, rewards: 0 };
  const errors = { slates: 0, places: 0, sum: 0 };
  let ordered = true;
  let last = -Infinity;
  await source.read((chunk) => {
    sums.slates += chunk.size;
    sums.places += chunk.items.length;
    for (const time of chunk.times) {
      if (time < last) ordered = false;
      last = time;
    }
    for (let place = 0; place < chunk.items.length; place++) {
      const item = chunk.items[place]!;
      shown[item] = (shown[item] ?? 0) + 1;
      sums.positions = Math.max(sums.positions, chunk.positions[place]! + 1);
      sums.rewards += chunk.rewards[place]!;
      if (!Number.isNaN(chunk.propensities[place]!)) {
        check.add(chunk.positions[place]!, item, chunk.propensities[place]!);
      }
    }
    addErrors(errors, chunk);
    sums.knownPropensities += countKnown(chunk, chunk.propensities);
    sums.knownConditionals += countKnown(chunk, chunk.conditionals);
  });
  if (sums.slates === 0) throw new PlatformError("bad-data", `${source.name}: expected shown items, got none.`);
  const items = source.items.table();
  const estimated = { slates: errors.slates, relativeError: errors.places === 0 ? 0 : errors.sum / errors.places };
  return { ...sums, estimated, items, grouped: source.hasSlates(), ordered, shown, propensities: check.reading() };
}

/** Adds up the relative errors of the places whose propensities are estimated; an error of 0 is that of an exact one. */
function addErrors(
  errors: { slates: number; places: number; sum: number },
  { size, offsets, standardErrors, propensities }: SlateChunk,
): void {
  for (let slate = 0; slate < size; slate++) {
    const before = errors.places;
    for (let place = offsets[slate]!; place < offsets[slate + 1]!; place++) {
      const relative = standardErrors[place]! / propensities[place]!;
      if (!(relative > 0)) continue;
      errors.places++;
      errors.sum += relative;
    }
    if (errors.places > before) errors.slates++;
  }
}

function countKnown({ size, offsets }: SlateChunk, column: Float64Array): number {
  let known = 0;
  for (let slate = 0; slate < size; slate++) if (isKnown(offsets, column, slate)) known++;
  return known;
}

/** Whether a column has a number at every place of a slate. */
export function isKnown(offsets: Int32Array, column: Float64Array, slate: number): boolean {
  for (let place = offsets[slate]!; place < offsets[slate + 1]!; place++) {
    if (Number.isNaN(column[place]!)) return false;
  }
  return true;
}
