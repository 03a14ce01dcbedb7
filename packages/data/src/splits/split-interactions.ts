import type { Interactions } from "@sequitur/core";
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

/** Cuts interactions into train, validation and test by a named protocol; deterministic. `bad-data` when a part is empty. */
export function splitInteractions(interactions: Interactions, config: SplitConfig): Split {
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
