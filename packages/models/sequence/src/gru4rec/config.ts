import { z } from "zod";
import { trainingFields } from "../training/training-config.js";

export const gru4recConfig = z.strictObject({
  ...trainingFields,
  layers: z.int().min(1).max(8).default(1).describe("GRUs on top of each other"),
  batches: z
    .enum(["histories", "lanes"])
    .default("histories")
    .describe("histories: windows of them; lanes: whole ones side by side, states kept from step to step"),
  laneSteps: z.int().min(1).max(1000).default(16).describe("lanes: items that each lane reads in a step"),
  hidden: z.int().min(4).max(2048).default(128).describe("width of a GRU's state"),
});
export type Gru4recConfig = z.infer<typeof gru4recConfig>;
