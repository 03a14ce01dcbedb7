import { positiveRows, requireInstants, type Interactions } from "@sequitur/core";
import { z } from "zod";
import { splitEvents } from "./copies.js";
import { givenSchema, givenSplit } from "./given.js";
import { leaveOneOut, leaveOneOutSchema } from "./leave-one-out.js";
import { ratioSchema, ratioSplit } from "./ratio.js";
import { nextBasketSchema, nextBasketSplit } from "./next-basket.js";
import { randomSchema, randomSplit } from "./random.js";
import { rollingSchema, rollingSplit } from "./rolling.js";
import { sessionLastSchema, sessionLastSplit } from "./session-last.js";
import type { Split } from "./split.js";
import { temporalSchema, temporalSplit } from "./temporal.js";
import { withOtherSignals } from "./other-signals.js";
import { trajectorySchema, trajectorySplit } from "./trajectory.js";
import { unseenUsersSchema, unseenUsersSplit } from "./unseen-users.js";

export const splitConfigSchema = z.discriminatedUnion("kind", [
  leaveOneOutSchema,
  temporalSchema,
  ratioSchema,
  trajectorySchema,
  rollingSchema,
  sessionLastSchema,
  nextBasketSchema,
  unseenUsersSchema,
  randomSchema,
  givenSchema,
]);
export type SplitConfig = z.infer<typeof splitConfigSchema>;

/**
 * Cuts interactions into train, validation and test by a named protocol; deterministic. `bad-data` when a part is empty;
 * `bad-config` for a protocol that reads times where the data has only an order. An event that stands in several rows is
 * held out once (`splitEvents`). Where roles are known the positives are cut, and alone are asked for; negatives and
 * exposures follow them into training and histories.
 */
export function splitInteractions(interactions: Interactions, config: SplitConfig): Split {
  checkTimes(interactions, config);
  const split = splitEvents(positiveRows(interactions), (events) => cutEvents(events, config));
  return interactions.context.role === undefined ? split : withOtherSignals(split, interactions, config);
}

function checkTimes({ catalog }: Interactions, config: SplitConfig): void {
  const isByDay = config.kind === "next-basket" && config.basket === "day";
  if (["temporal", "rolling", "trajectory", "session-last"].includes(config.kind) || isByDay) {
    requireInstants(catalog, `the split ${config.kind}`);
  } else if ("sessionGapHours" in config && config.sessionGapHours !== undefined) {
    requireInstants(catalog, "sessionGapHours");
  }
}

function cutEvents(interactions: Interactions, config: SplitConfig): Split {
  switch (config.kind) {
    case "leave-one-out":
      return leaveOneOut(interactions, config);
    case "temporal":
      return temporalSplit(interactions, config);
    case "ratio":
      return ratioSplit(interactions, config);
    case "trajectory":
      return trajectorySplit(interactions, config);
    case "rolling":
      return rollingSplit(interactions, config);
    case "session-last":
      return sessionLastSplit(interactions, config);
    case "next-basket":
      return nextBasketSplit(interactions, config);
    case "unseen-users":
      return unseenUsersSplit(interactions, config);
    case "random":
      return randomSplit(interactions, config);
    case "given":
      return givenSplit(interactions, config);
  }
}
