/** One rung of successive halving: how many trials enter it, and what each may use. */
export interface Rung {
  readonly trials: number;
  /** Validation queries. */
  readonly queries: number;
  /** Of the epochs that a config asks for, in (0, 1]. */
  readonly share: number;
}

/**
 * The rungs of successive halving (Jamieson & Talwalkar 2016): each lets one trial in eta go on and gives it eta times
 * the queries and epochs; the last gives everything. A rung of one trial decides nothing and is left out.
 */
export function rungsFor(trials: number, eta: number, maxRungs: number, queries: number, minQueries: number): Rung[] {
  const sizes: number[] = [];
  for (let left = trials; left >= 2 && sizes.length < maxRungs; left = Math.ceil(left / eta)) sizes.push(left);
  return sizes.map((size, rung) => {
    const share = eta ** (rung + 1 - sizes.length);
    return { trials: size, queries: Math.min(queries, Math.max(minQueries, Math.ceil(share * queries))), share };
  });
}

/** Positions of the best `keep` values, ascending; ties go to the earlier one, NaN never goes on. */
export function survivors(values: readonly number[], keep: number): number[] {
  return values
    .map((value, index) => ({ value, index }))
    .filter(({ value }) => !Number.isNaN(value))
    .sort((a, b) => b.value - a.value || a.index - b.index)
    .slice(0, keep)
    .map(({ index }) => index)
    .sort((a, b) => a - b);
}
