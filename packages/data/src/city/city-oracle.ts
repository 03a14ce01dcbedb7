import { NONE, type Catalog, type QueryBatch } from "@sequitur/core";
import type { City } from "./city.js";
import type { ChoiceWeights } from "./city-config.js";
import type { ChoiceModel } from "./choice-model.js";

export interface CityOracleOptions {
  /** Catalogue that the queries and candidates point into, when it is not the city's own (after a filter, say). */
  readonly catalog?: Catalog;
  /** Strengths to change; 0 makes an oracle that is blind to that part, so that its worth can be measured. */
  readonly weights?: Partial<ChoiceWeights>;
}

/** Scores as a Model does, from the hidden truth: the ceiling of every ranking metric on the city. */
export interface CityOracle {
  /**
   * (B, C) row-major natural log of the true choice probabilities at `now`; C = candidates, else every item. The past
   * is read from the city's own check-ins before `now`, whatever history the query carries. A row is NaN when its user
   * is NONE or not of the city; an item that is not of the city is NaN, one not yet open for business -Infinity.
   */
  score(batch: QueryBatch, candidates?: Int32Array): Float32Array;
}

/** The oracle of a city. */
export function cityOracle(city: City, options: CityOracleOptions = {}): CityOracle {
  const { interactions } = city;
  const choice = city.truth.choice(options.weights);
  const catalog = options.catalog ?? interactions.catalog;
  const residents = ownIndices(catalog.users.ids, interactions.catalog.users);
  const ownItems = ownIndices(catalog.items.ids, interactions.catalog.items);
  return {
    score(batch, candidates) {
      const columns = candidates === undefined ? ownItems : candidates.map((item) => ownItems[item] ?? NONE);
      const asked = columns.filter((item) => item !== NONE);
      const known = new Float64Array(asked.length);
      const scores = new Float32Array(batch.size * columns.length).fill(Number.NaN);
      for (let b = 0; b < batch.size; b++) {
        const user = residents[batch.users[b]!] ?? NONE;
        if (user === NONE) continue;
        scoreAt(known, choice, city, user, batch.now[b]!, asked);
        let next = 0;
        for (let c = 0; c < columns.length; c++) {
          if (columns[c] !== NONE) scores[b * columns.length + c] = known[next++]!;
        }
      }
      return scores;
    },
  };
}

function scoreAt(
  out: Float64Array,
  choice: ChoiceModel,
  { interactions }: City,
  user: number,
  now: number,
  asked: Int32Array,
): void {
  const { items, times, userOffsets } = interactions;
  const start = userOffsets[user]!;
  let low = start;
  let high = userOffsets[user + 1]!;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! < now) low = middle + 1;
    else high = middle;
  }
  choice.logProbabilities(out, { user, now, items, times, start, end: low }, asked);
}

/** The city's index of each outside id, or NONE. */
function ownIndices(ids: readonly string[], table: Catalog["users"]): Int32Array {
  return Int32Array.from(ids, (id) => table.indexOf(id));
}
