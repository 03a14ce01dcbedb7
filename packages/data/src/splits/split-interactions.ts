import { requireInstants, type Interactions } from "@sequitur/core";
import { z } from "zod";
import { leaveOneOut, leaveOneOutSchema } from "./leave-one-out.js";
import { ratioSchema, ratioSplit } from "./ratio.js";
import type { Split } from "./split.js";
import { temporalSchema, temporalSplit } from "./temporal.js";
import { trajectorySchema, trajectorySplit } from "./trajectory.js";

export const splitConfigSchema = z.discriminatedUnion("kind", [
  leaveOneOutSchema,
  temporalSchema,
  ratioSchema,
  trajectorySchema,
]);
export type SplitConfig = z.infer<typeof splitConfigSchema>;

/**
 * Cuts interactions into train, validation and test by a named protocol; deterministic. `bad-data` when a part is empty;
 * `bad-config` for a protocol that reads times where the data has only an order.
 */
export function splitInteractions(interactions: Interactions, config: SplitConfig): Split {
  if (config.kind === "temporal" || config.kind === "trajectory") {
    requireInstants(interactions.catalog, `the split ${config.kind}`);
  } else if (config.sessionGapHours !== undefined) {
    requireInstants(interactions.catalog, "sessionGapHours");
  }
  switch (config.kind) {
    case "leave-one-out":
      return leaveOneOut(interactions, config);
    case "temporal":
      return temporalSplit(interactions, config);
    case "ratio":
      return ratioSplit(interactions, config);
    case "trajectory":
      return trajectorySplit(interactions, config);
  }
}
