import type { Interactions } from "@sequitur/core";

/** How a visit or a transition counts towards a weight. */
export interface PopularityOptions {
  /** recent: users and check-ins, recent and past, blended by alpha and beta; counts: plain counts (GETNext). */
  readonly formula: "recent" | "counts";
  /** Share of distinct users against check-ins, in [0, 1]. */
  readonly alpha: number;
  /** Share of the recent part against the past, in [0, 1]. */
  readonly beta: number;
  /** Share of the training time span, its end, that is recent; in (0, 1]. */
  readonly recentFraction: number;
}

/** What one place or one transition has gathered; all counts are at least 0. */
export interface Tally {
  readonly recentUsers: number;
  readonly recentCheckIns: number;
  readonly pastUsers: number;
  readonly pastCheckIns: number;
}

/**
 * w = beta (alpha n_user^recent + (1 - alpha) n_checkin^recent) + (1 - beta) (alpha n_user^past + (1 - alpha) n_checkin^past)
 * (SEAGET, popularity), or the plain number of check-ins (GETNext).
 */
export function popularityOf(tally: Tally, { formula, alpha, beta }: PopularityOptions): number {
  const { recentUsers, recentCheckIns, pastUsers, pastCheckIns } = tally;
  if (formula === "counts") return recentCheckIns + pastCheckIns;
  const recent = alpha * recentUsers + (1 - alpha) * recentCheckIns;
  const past = alpha * pastUsers + (1 - alpha) * pastCheckIns;
  return beta * recent + (1 - beta) * past;
}

/** The first instant that counts as recent: the start of the last `fraction` of the time span. */
export function recentFrom({ times }: Pick<Interactions, "times">, fraction: number): number {
  let [first, last] = [Infinity, -Infinity];
  for (const time of times) {
    if (time < first) first = time;
    if (time > last) last = time;
  }
  return last - fraction * (last - first);
}

/** Things that happened, by column: what (such as a place), who, and whether recently. */
export interface Happenings {
  readonly keys: Float64Array;
  readonly users: Int32Array;
  readonly recent: Uint8Array;
}

/** Calls `each` once for every distinct key, ascending, with its tally. */
export function tallies({ keys, users, recent }: Happenings, each: (key: number, tally: Tally) => void): void {
  const order = Int32Array.from(keys.keys());
  order.sort((a, b) => keys[a]! - keys[b]! || recent[a]! - recent[b]! || users[a]! - users[b]!);
  for (let at = 0; at < order.length;) {
    const key = keys[order[at]!]!;
    const userCounts = [0, 0];
    const checkIns = [0, 0];
    let [lastUser, lastPart] = [-1, -1];
    for (; at < order.length && keys[order[at]!] === key; at++) {
      const row = order[at]!;
      const part = recent[row]!;
      checkIns[part]! += 1;
      if (users[row] !== lastUser || part !== lastPart) userCounts[part]! += 1;
      [lastUser, lastPart] = [users[row]!, part];
    }
    each(key, {
      recentUsers: userCounts[1]!,
      recentCheckIns: checkIns[1]!,
      pastUsers: userCounts[0]!,
      pastCheckIns: checkIns[0]!,
    });
  }
}

/** (N) the weight of every place; 0 for one without check-ins. */
export function placePopularity(train: Interactions, options: PopularityOptions): Float32Array {
  const from = recentFrom(train, options.recentFraction);
  const weights = new Float32Array(train.catalog.items.size);
  const happenings = {
    keys: Float64Array.from(train.items),
    users: train.users,
    recent: Uint8Array.from(train.times, (time) => (time >= from ? 1 : 0)),
  };
  tallies(happenings, (place, tally) => (weights[place] = popularityOf(tally, options)));
  return weights;
}
