import { NONE, queryBatch, type Interactions, type QueryBatch } from "@sequitur/core";
import { recommend as rank, type Model } from "@sequitur/recommender";
import { interactionsOf, type Trainable } from "./interactions-of.js";

/** Who asks, what they chose before, and where and when they are; every part may be left out. */
export interface Question {
  readonly user?: string;
  /** Items chosen before, oldest first, or the table to look the user's up in. */
  readonly history?: readonly string[] | Trainable;
  /** Instant of the question; the last one of the history when absent. */
  readonly now?: number | Date;
  /** WGS84 degrees, for models of places. */
  readonly latitude?: number;
  readonly longitude?: number;
}

export interface RecommendOptions {
  /** Length of the list (default 10). */
  readonly k?: number;
  /** Leave out what is in the history (default false: people come back to places and songs). */
  readonly excludeSeen?: boolean;
  /** Choose among these items only. */
  readonly candidates?: readonly string[];
}

export interface Recommendation {
  readonly item: string;
  /** What the model gave; comparable within one list only. */
  readonly score: number;
  /** Where the data have titles. */
  readonly title?: string;
}

/** The best items for one question, best first; users and items that the model does not know are skipped. */
export function recommend(model: Model, question: Question, options: RecommendOptions = {}): Recommendation[] {
  const { k = 10, excludeSeen = false, candidates } = options;
  const { items: table, itemColumns } = model.catalog;
  const batch = batchOf(model, question);
  const ranking = rank(model, batch, {
    k,
    ...(excludeSeen && { exclude: batch }),
    ...(candidates && { candidates: known(model, candidates) }),
  });
  return Array.from(ranking.items, (item, at) => {
    const title = itemColumns.titles?.[item];
    return { item: table.ids[item]!, score: ranking.scores[at]!, ...(title ? { title } : {}) };
  });
}

function batchOf(model: Model, { user, history = [], now, latitude, longitude }: Question): QueryBatch {
  const past = isList(history) ? { ids: history, times: undefined } : pastOf(interactionsOf(history), user);
  const rows = past.ids.map((id, at) => ({ item: model.catalog.items.indexOf(id), time: past.times?.[at] ?? 0 }));
  const kept = rows.filter(({ item }) => item !== NONE);
  const instant = now === undefined ? undefined : Number(now);
  const batch = queryBatch([
    {
      user: user === undefined ? NONE : model.catalog.users.indexOf(user),
      items: kept.map(({ item }) => item),
      ...(past.times && { times: kept.map(({ time }) => time) }),
      ...(instant !== undefined && { now: instant }),
    },
  ]);
  if (latitude === undefined || longitude === undefined) return batch;
  return { ...batch, latitudes: Float64Array.of(latitude), longitudes: Float64Array.of(longitude) };
}

function isList(history: readonly string[] | Trainable): history is readonly string[] {
  return Array.isArray(history);
}

function pastOf({ catalog, userOffsets, items, times }: Interactions, user: string | undefined) {
  const index = user === undefined ? NONE : catalog.users.indexOf(user);
  if (index === NONE) return { ids: [], times: [] };
  const [from, to] = [userOffsets[index]!, userOffsets[index + 1]!];
  return {
    ids: Array.from(items.subarray(from, to), (item) => catalog.items.ids[item]!),
    times: [...times.subarray(from, to)],
  };
}

function known(model: Model, ids: readonly string[]): Int32Array {
  return Int32Array.from(ids, (id) => model.catalog.items.indexOf(id)).filter((item) => item !== NONE);
}
