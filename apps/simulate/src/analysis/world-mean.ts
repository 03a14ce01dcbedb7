import { differenceOfMeans, momentsOf } from "@sequitur/metrics";
import type { DayCurve, WorldMean } from "../report.js";

/** Mean of one value a world and its t interval of level 1 - alpha: worlds are independent, users of one are not. */
export function worldMean(perSeed: readonly number[], alpha: number): WorldMean {
  const moments = momentsOf(perSeed);
  const known = { mean: moments.mean, perSeed: [...perSeed] };
  if (perSeed.length < 2) return { ...known, low: null, high: null };
  // Against a constant 0 Welch's interval is Student's, with n - 1 degrees.
  const { low, high } = differenceOfMeans({ count: perSeed.length, mean: 0, variance: 0 }, moments, {
    level: 1 - alpha,
  });
  return { ...known, low, high };
}

/** Differences a - b world by world, the pairs of the same seed. */
export function pairedMean(a: WorldMean, b: WorldMean, alpha: number): WorldMean {
  return worldMean(
    a.perSeed.map((value, i) => value - b.perSeed[i]!),
    alpha,
  );
}

/** Curves of several worlds as one with its band; (worlds) of (days). */
export function dayCurve(perWorld: readonly Float64Array[], alpha: number): DayCurve {
  const days = perWorld[0]?.length ?? 0;
  const means = Array.from({ length: days }, (_, day) =>
    worldMean(
      perWorld.map((curve) => curve[day]!),
      alpha,
    ),
  );
  return {
    mean: means.map(({ mean }) => mean),
    low: means.map(({ low }) => low),
    high: means.map(({ high }) => high),
  };
}
