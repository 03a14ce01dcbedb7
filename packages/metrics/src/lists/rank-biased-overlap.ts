import { PlatformError } from "@sequitur/core";

/**
 * How alike two rankings are, in [0, 1]: extrapolated rank-biased overlap (Webber, Moffat & Zobel 2010, eq. 32) of a reader who goes
 * on from each place with probability `patience`. 1 for equal lists, 0 for lists without a common item; NaN when both are
 * empty. Of lists of different length the longer one is read to its end.
 */
export function rankBiasedOverlap(a: ArrayLike<number>, b: ArrayLike<number>, patience = 0.9): number {
  if (!(patience > 0 && patience < 1)) {
    throw new PlatformError("bad-config", `patience must be in (0, 1), got ${patience}.`);
  }
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  const [s, l] = [short.length, long.length];
  if (l === 0) return Number.NaN;
  if (s === 0) return 0;
  const [seenShort, seenLong] = [new Set<number>(), new Set<number>()];
  let common = 0;
  let commonAtShort = 0;
  let sum = 0;
  for (let depth = 1; depth <= l; depth++) {
    const own = long[depth - 1]!;
    const other = depth <= s ? short[depth - 1]! : undefined;
    seenLong.add(own);
    if (other !== undefined) seenShort.add(other);
    if (own === other) common += 1;
    else common += Number(seenShort.has(own)) + Number(other !== undefined && seenLong.has(other));
    if (depth === s) commonAtShort = common;
    sum += (common / depth) * patience ** depth;
    if (depth > s) sum += ((commonAtShort * (depth - s)) / (depth * s)) * patience ** depth;
  }
  const tail = ((common - commonAtShort) / l + commonAtShort / s) * patience ** l;
  return ((1 - patience) / patience) * sum + tail;
}
