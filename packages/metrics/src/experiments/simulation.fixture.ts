import { Random } from "@sequitur/core";
import { expect } from "vitest";

/** Normal draws. */
export function normals(random: Random, size: number, mean = 0, deviation = 1): Float64Array {
  return Float64Array.from({ length: size }, () => mean + deviation * random.normal());
}

/** Share of seeded experiments in which something happens. */
export function rateOf(experiments: number, seed: string, happens: (random: Random) => boolean): number {
  const root = new Random(seed);
  let hits = 0;
  for (let experiment = 0; experiment < experiments; experiment++) if (happens(root.fork(experiment))) hits++;
  return hits / experiments;
}

/** Expects a share of n experiments within four binomial standard deviations of the probability. */
export function expectShare(share: number, probability: number, n: number): void {
  const tolerance = 4 * Math.sqrt((probability * (1 - probability)) / n);
  expect(Math.abs(share - probability), `${share} of ${n}, expected ${probability} +- ${tolerance}`).toBeLessThan(
    tolerance,
  );
}
