import { incompleteBeta } from "../distributions/beta.js";

/**
 * How much of P(exactly as many) counts as more extreme. Clopper & Pearson take all of it, which is too wide, mid-P half
 * of it, which covers 91.8 % at worst for n from 10 to 1,000 and rates from 0.2 to 50 %; with 0.6 it is 93.5 %.
 */
const OWN_WEIGHT = 0.6;

/**
 * The limits of a share of which `found` of `trials` were seen, not necessarily whole numbers: at the lower one P(more) +
 * 0.6 P(as many) is `tail`, at the upper one P(fewer) + 0.6 P(as many) is. With nothing found the upper limit is about
 * 3 / trials for a tail of 0.025: the rule of three.
 */
export function shareLimits(found: number, trials: number, tail: number): { low: number; high: number } {
  return {
    low: found <= 0 ? 0 : lowerLimit(found, trials, tail),
    high: found >= trials ? 1 : 1 - lowerLimit(trials - found, trials, tail),
  };
}

/** The p at which P(X > found) + 0.6 P(X = found) = tail. */
function lowerLimit(found: number, trials: number, tail: number): number {
  if (found <= 0) return 0;
  let low = 0;
  let high = found / trials;
  for (let step = 0; step < 60 && high - low > 1e-12 + 1e-9 * high; step++) {
    const p = (low + high) / 2;
    if (upperTail(found, trials, p) < tail) low = p;
    else high = p;
  }
  return (low + high) / 2;
}

/** P(X > found) + 0.6 P(X = found), from two tails of the beta distribution; found may be a fraction. */
function upperTail(found: number, trials: number, p: number): number {
  const rest = trials - found;
  const atLeast = incompleteBeta(found, rest + 1, p);
  const more = rest <= 0 ? 0 : incompleteBeta(found + 1, rest, p);
  return OWN_WEIGHT * atLeast + (1 - OWN_WEIGHT) * more;
}
