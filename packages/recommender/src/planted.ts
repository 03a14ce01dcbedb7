import {
  HOUR_MS,
  idTable,
  interactionsFrom,
  listOf,
  queryBatch,
  type Catalog,
  type Interactions,
  type ItemColumns,
  type QueryBatch,
  type Random,
} from "@sequitur/core";
import type { Model } from "./recommender.js";
import { recommend } from "./recommend.js";

/** A small data set with a known pattern: one query and one answer a user, the answers held out of training. */
export interface PlantedData {
  readonly train: Interactions;
  readonly queries: QueryBatch;
  /** (U) item index. */
  readonly answers: Int32Array;
}

export interface PlantedSize {
  readonly users: number;
  readonly items: number;
  /** Training interactions a user; the answer comes on top. */
  readonly length: number;
}

const START_MS = Date.UTC(2024, 0, 1);

/**
 * 20 users and 20 items; even users like even items, odd users odd ones, and each has met all of them but one: its
 * diagonal item, the answer. Who shares tastes is known exactly, order and popularity say nothing. What else is known of
 * the items is up to the caller.
 */
export function checkerboard(itemColumns: ItemColumns = {}): PlantedData {
  const size = 20;
  const histories = Array.from({ length: size }, (_, user) =>
    Array.from({ length: size }, (_, item) => item).filter((item) => item !== user && (item + user) % 2 === 0),
  );
  return plantedData(histories, Array.from(histories.keys()), size, itemColumns);
}

/** Every item has one successor, a random cycle, which a user follows 9 times in 10, else any item comes next. */
export function plantedSequences(
  random: Random,
  size: PlantedSize = { users: 200, items: 20, length: 12 },
): PlantedData {
  const cycle = random.shuffle(Array.from({ length: size.items }, (_, item) => item));
  const successor = new Map(cycle.map((item, at) => [item, cycle[(at + 1) % cycle.length]!]));
  return drawn(size, (previous) =>
    previous === undefined || random.uniform() < 0.1 ? random.integer(size.items) : successor.get(previous)!,
  );
}

/** Every interaction is any item with equal chance: nothing can be learned, the best hit rate at k is k / items. */
export function noise(random: Random, size: PlantedSize = { users: 400, items: 20, length: 12 }): PlantedData {
  return drawn(size, () => random.integer(size.items));
}

/** The share of queries whose answer is among the top k; `excludeHistory` bars what the user has met. */
export function hitRate(model: Model, data: PlantedData, k: number, excludeHistory = false): number {
  const ranking = recommend(model, data.queries, { k, ...(excludeHistory && { exclude: data.queries }) });
  let hits = 0;
  data.answers.forEach((answer, b) => (hits += listOf(ranking, b).includes(answer) ? 1 : 0));
  return hits / data.answers.length;
}

function drawn({ users, items, length }: PlantedSize, next: (previous: number | undefined) => number): PlantedData {
  const histories: number[][] = [];
  const answers: number[] = [];
  for (let user = 0; user < users; user++) {
    const history: number[] = [];
    for (let at = 0; at < length; at++) history.push(next(history.at(-1)));
    answers.push(next(history.at(-1)));
    histories.push(history);
  }
  return plantedData(histories, answers, items);
}

/** One interaction an hour; users start a minute apart, so that times order all interactions. */
function plantedData(
  histories: readonly number[][],
  answers: readonly number[],
  itemCount: number,
  itemColumns: ItemColumns = {},
): PlantedData {
  const catalog: Catalog = {
    users: idTable(histories.map((_, user) => `user-${user}`)),
    items: idTable(Array.from({ length: itemCount }, (_, item) => `item-${item}`)),
    itemColumns,
  };
  const timesOf = (user: number): number[] => histories[user]!.map((_, at) => START_MS + user * 60_000 + at * HOUR_MS);
  const train = interactionsFrom(catalog, {
    users: Int32Array.from(histories.flatMap((items, user) => items.map(() => user))),
    items: Int32Array.from(histories.flat()),
    times: Float64Array.from(histories.flatMap((_, user) => timesOf(user))),
  });
  const queries = queryBatch(
    histories.map((items, user) => {
      const times = timesOf(user);
      return { user, items, times, now: times.at(-1)! + HOUR_MS };
    }),
  );
  return { train, queries, answers: Int32Array.from(answers) };
}
