import type { Interactions } from "@sequitur/core";
import { activeHours } from "./active-hours.js";
import type { HoursConfig } from "./hours-config.js";
import { placeHours, type PlaceHours } from "./place-hours.js";

/** The hours of every item of the training catalogue, with learned hours where the config asks for them. */
export function fitHours(train: Interactions, { unreadable, pairs, learnedShare }: HoursConfig): PlaceHours {
  const learned = learnedShare > 0 ? activeHours(train, learnedShare) : undefined;
  return placeHours(train.catalog, { unreadable, pairs, ...(learned && { learned }) });
}
