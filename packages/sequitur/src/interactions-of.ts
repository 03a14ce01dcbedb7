import type { Interactions } from "@sequitur/core";
import type { Split, Table } from "./split.js";

/** What can be trained on: a whole table, or the training part of a split. */
export type Trainable = Table | Interactions | Split;

/** The rows to train on. */
export function interactionsOf(data: Trainable): Interactions {
  if ("train" in data) return data.train;
  return "interactions" in data ? data.interactions : data;
}
