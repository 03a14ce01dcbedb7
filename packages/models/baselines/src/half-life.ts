import { DAY_MS, type Interactions } from "@sequitur/core";
import { z } from "zod";

/** The one option of all models that count: how soon an interaction is forgotten. */
export const halfLifeDaysField = z
  .number()
  .positive()
  .max(36_500)
  .nullable()
  .default(null)
  .describe("days before the newest training interaction at which one counts half; null: age does not matter");

/** (size) 2^(-age / half-life) of each row, age counted from the newest; undefined where age does not matter. */
export function ageWeights({ times, size }: Interactions, halfLifeDays: number | null): Float64Array | undefined {
  if (halfLifeDays === null) return undefined;
  let newest = -Infinity;
  for (const time of times) newest = Math.max(newest, time);
  return Float64Array.from({ length: size }, (_, row) => 2 ** ((times[row]! - newest) / (halfLifeDays * DAY_MS)));
}

/** (size) what each row counts: its value times its age weight; undefined where that is 1 for all. */
export function rowWeights(train: Interactions, halfLifeDays: number | null): Float64Array | undefined {
  const ages = ageWeights(train, halfLifeDays);
  const { value } = train.context;
  if (value === undefined) return ages;
  return Float64Array.from(value, (amount, row) => amount * (ages?.[row] ?? 1));
}
