import { IdTableBuilder, interactionsFrom, queryBatch, raggedFrom, type Interactions } from "@sequitur/core";
import type { Model } from "@sequitur/recommender";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { meanMetrics } from "./mean-metrics.js";

/** Where a local copy of the data sets may lie. */
export function datasetFile(name: string): string | undefined {
  const beside = fileURLToPath(new URL("../../../../../shared/datasets", import.meta.url));
  const path = `${process.env["SEQUITUR_DATASETS"] ?? beside}/${name}`;
  return existsSync(path) ? path : undefined;
}

export function readText(path: string): string {
  const bytes = readFileSync(path);
  return (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("latin1");
}

/** ml-100k/u.data: user, item, rating, seconds. */
export function readMovieLens100k(path: string): Interactions {
  return interactionsOf(
    readText(path)
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.split("\t"))
      .map(([user, item, , seconds]) => [user!, item!, Number(seconds) * 1000]),
  );
}

/** ml-1m.sequences.txt.gz: a user and its items, oldest first; the position stands for the time. */
export function readSequences(path: string): Interactions {
  return interactionsOf(
    readText(path)
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.trim().split(" "))
      .flatMap(([user, ...items]) => items.map((item, at): [string, string, number] => [user!, item, at])),
  );
}

function interactionsOf(rows: readonly (readonly [string, string, number])[]): Interactions {
  const users = new IdTableBuilder();
  const items = new IdTableBuilder();
  const columns = {
    users: Int32Array.from(rows, ([user]) => users.add(user)),
    items: Int32Array.from(rows, ([, item]) => items.add(item)),
    times: Float64Array.from(rows, ([, , time]) => time),
  };
  return interactionsFrom({ users: users.table(), items: items.table(), itemColumns: {} }, columns);
}

export interface LeaveOneOut {
  readonly train: Interactions;
  /** (U) the last item of each user. */
  readonly answers: Int32Array;
  /** (U) the item before it. */
  readonly validation: Int32Array;
}

/** An implementation apart from the platform's own split, so that the figures do not rest on it. */
export function leaveOneOut(all: Interactions): LeaveOneOut {
  const users: number[] = [];
  const items: number[] = [];
  const times: number[] = [];
  const answers: number[] = [];
  const validation: number[] = [];
  for (let user = 0; user < all.catalog.users.size; user++) {
    const end = all.userOffsets[user + 1]!;
    answers.push(all.items[end - 1]!);
    validation.push(all.items[end - 2]!);
    for (let row = all.userOffsets[user]!; row < end - 2; row++) {
      users.push(user);
      items.push(all.items[row]!);
      times.push(all.times[row]!);
    }
  }
  const columns = { users: Int32Array.from(users), items: Int32Array.from(items), times: Float64Array.from(times) };
  return {
    train: interactionsFrom(all.catalog, columns),
    answers: Int32Array.from(answers),
    validation: Int32Array.from(validation),
  };
}

/** NDCG@10 and Recall@10, all items ranked, train and validation items masked. */
export function evaluateMasked(model: Model, data: LeaveOneOut): { ndcg: number; recall: number } {
  const { train, answers, validation } = data;
  const histories = Array.from(answers, (_, user) =>
    train.items.subarray(train.userOffsets[user], train.userOffsets[user + 1]),
  );
  const [ndcg, recall] = meanMetrics(
    model,
    {
      queries: queryBatch(histories.map((items, user) => ({ user, items }))),
      targets: raggedFrom(Array.from(answers, (item) => [item])),
      exclude: raggedFrom(histories.map((items, user) => [...items, validation[user]!])),
    },
    ["ndcg@10", "recall@10"],
  );
  return { ndcg: ndcg!, recall: recall! };
}
