import { normalCdf, normalDensity } from "../distributions/normal.js";

/**
 * The score S(t) = z sqrt(t) of a sequential test moves by independent normal steps of variance dt and mean drift dt. Its
 * density among paths that no bound has stopped is carried from look to look on a grid (Armitage, McPherson & Rowe
 * 1969), integrals by Simpson's rule.
 */
export interface ScoreDensity {
  /** Grid points and, at each, density x Simpson weight x grid width. */
  readonly points: Float64Array;
  readonly masses: Float64Array;
}

/** All mass at 0, before the first look. */
export const START: ScoreDensity = { points: Float64Array.of(0), masses: Float64Array.of(1) };

/** Grid points for each standard deviation of the narrower of the steps into and out of a look: bounds are good to 1e-6. */
const POINTS_PER_DEVIATION = 8;

/** P(S beyond +limit or -limit after a step of `step` information), among paths not stopped before. */
export function crossingOf(
  { points, masses }: ScoreDensity,
  step: number,
  limit: number,
  drift: number,
): { readonly upper: number; readonly lower: number; readonly total: number } {
  const scale = Math.sqrt(step);
  let upper = 0;
  let lower = 0;
  for (let i = 0; i < points.length; i++) {
    const mean = points[i]! + drift * step;
    upper += masses[i]! * normalCdf((mean - limit) / scale);
    lower += masses[i]! * normalCdf((-limit - mean) / scale);
  }
  return { upper, lower, total: upper + lower };
}

/** The density within [-limit, limit] after the step, on a grid fine enough for a next step of `following` information. */
export function nextDensity(
  { points, masses }: ScoreDensity,
  step: number,
  limit: number,
  drift: number,
  following: number,
): ScoreDensity {
  const scale = Math.sqrt(step);
  const shift = drift * step;
  // Nine deviations from all paths there is no mass worth a grid point.
  const low = Math.max(-limit, (points[0] ?? 0) + shift - 9 * scale);
  const high = Math.min(limit, (points.at(-1) ?? 0) + shift + 9 * scale);
  if (low >= high || points.length === 0) return { points: new Float64Array(0), masses: new Float64Array(0) };
  const spacing = Math.min(scale, Math.sqrt(following)) / POINTS_PER_DEVIATION;
  const steps = 2 * Math.max(50, Math.ceil((high - low) / spacing / 2));
  const width = (high - low) / steps;
  const grid = Float64Array.from({ length: steps + 1 }, (_, j) => low + j * width);
  const mass = grid.map((score, j) => {
    let density = 0;
    for (let i = 0; i < points.length; i++) density += masses[i]! * normalDensity((score - points[i]! - shift) / scale);
    const simpson = j === 0 || j === steps ? 1 : j % 2 === 1 ? 4 : 2;
    return (density / scale) * ((simpson * width) / 3);
  });
  return { points: grid, masses: mass };
}
