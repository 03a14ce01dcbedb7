import { describe, expect, it } from "vitest";
import { limitsOfShares, unitMean } from "../intervals/mean-interval.js";
import { pairedLimits } from "./paired-interval.js";

const QUERIES_EACH = 6;
const LEVEL = 0.95;

/** Differences of users with so many gains and losses among their queries; the other queries are equal. */
function differencesOf(users: readonly (readonly [gains: number, losses: number])[]) {
  const rows = users.map(([gains, losses]) =>
    Array.from({ length: QUERIES_EACH }, (_, query) => (query < gains ? 1 : query < gains + losses ? -1 : 0)),
  );
  return {
    differences: Float64Array.from(rows.flat()),
    clusters: Int32Array.from(rows.flatMap((row, user) => row.map(() => user))),
  };
}

function pearson(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]): number => values.reduce((x, y) => x + y, 0) / values.length;
  const cross = (x: readonly number[], y: readonly number[]): number =>
    x.reduce((sum, value, i) => sum + (value - mean(x)) * (y[i]! - mean(y)), 0);
  return cross(a, b) / Math.sqrt(cross(a, a) * cross(b, b));
}

/** MOVER by its formula: the distances of both limits, joined by the correlation over users. */
function mover(users: readonly (readonly [number, number])[], correlation: number) {
  const { differences, clusters } = differencesOf(users);
  const part = (sign: number) => {
    const judged = unitMean(
      differences.map((value) => Math.max(0, sign * value)),
      clusters,
    );
    return { mean: judged.mean, ...limitsOfShares(judged, LEVEL) };
  };
  const [gain, loss] = [part(1), part(-1)];
  const joined = (a: number, b: number): number => Math.sqrt(a ** 2 + b ** 2 - 2 * correlation * a * b);
  return {
    low: gain.mean - loss.mean - joined(gain.mean - gain.low, loss.high - loss.mean),
    high: gain.mean - loss.mean + joined(gain.high - gain.mean, loss.mean - loss.low),
  };
}

describe("pairedLimits of differences of which most are 0", () => {
  it.each<[string, readonly (readonly [number, number])[]]>([
    [
      "gain and lose together",
      [
        [2, 1],
        [1, 1],
        [0, 0],
        [1, 0],
        [0, 0],
        [2, 1],
        [0, 0],
        [1, 1],
        [0, 0],
        [1, 0],
      ],
    ],
    [
      "either gain or lose",
      [
        [2, 0],
        [0, 1],
        [1, 0],
        [0, 2],
        [1, 0],
        [0, 1],
        [0, 0],
        [2, 0],
        [0, 1],
        [1, 0],
      ],
    ],
  ])("joins gains and losses by their correlation where users %s", (_, users) => {
    const correlation = pearson(
      users.map(([gains]) => gains),
      users.map(([, losses]) => losses),
    );
    expect(Math.abs(correlation)).toBeGreaterThan(0.4);
    const { differences, clusters } = differencesOf(users);
    const found = pairedLimits(differences, unitMean(differences, clusters), LEVEL, clusters);
    const expected = mover(users, correlation);
    expect(found.low).toBeCloseTo(expected.low, 9);
    expect(found.high).toBeCloseTo(expected.high, 9);
    expect(found.low).not.toBeCloseTo(mover(users, 0).low, 3);
  });
});
