import { NONE } from "@sequitur/core";

/**
 * P(j) = (sum over past visits v to j of e^m_v + e^k q_j) / (sum over past visits of e^m_v + e^k): going back to where
 * one was, or choosing anew from q. The masses m and k are logarithms.
 */
export interface MixtureRow {
  /** Masses of the visits, and their places; visits to NONE count nothing. */
  readonly masses: Float32Array;
  readonly places: Int32Array;
  readonly from: number;
  readonly to: number;
  /** Mass of choosing anew. */
  readonly anew: number;
}

/** ln of all mass. */
export function totalMass({ masses, places, from, to, anew }: MixtureRow): number {
  let most = anew;
  for (let v = from; v < to; v++) if (places[v] !== NONE && masses[v]! > most) most = masses[v]!;
  let sum = Math.exp(anew - most);
  for (let v = from; v < to; v++) if (places[v] !== NONE) sum += Math.exp(masses[v]! - most);
  return most + Math.log(sum);
}

/** ln P of one place, given ln q of it; also the share of that probability that choosing anew gave. */
export function logMixture(
  row: MixtureRow,
  place: number,
  logAnew: number,
  total: number,
): { log: number; anew: number } {
  const { masses, places, from, to } = row;
  const chosen = row.anew + logAnew;
  let most = chosen;
  for (let v = from; v < to; v++) if (places[v] === place && masses[v]! > most) most = masses[v]!;
  const part = Math.exp(chosen - most);
  let sum = part;
  for (let v = from; v < to; v++) if (places[v] === place) sum += Math.exp(masses[v]! - most);
  return { log: most + Math.log(sum) - total, anew: part / sum };
}

/**
 * Turns a row of ln q (N) into ln P, in place. Where visits have mass, P of their places is their share of it plus what
 * choosing anew gives.
 */
export function mixInto(row: Float32Array, mixture: MixtureRow): void {
  const { masses, places, from, to, anew } = mixture;
  const total = totalMass(mixture);
  const own = new Map<number, number>();
  for (let v = from; v < to; v++) {
    const place = places[v]!;
    if (place !== NONE) own.set(place, (own.get(place) ?? 0) + Math.exp(masses[v]! - total));
  }
  for (let place = 0; place < row.length; place++) row[place]! += anew - total;
  for (const [place, share] of own) row[place] = Math.log(Math.exp(row[place]!) + share);
}
