import { z } from "zod";
import { trainingFields } from "../training/training-config.js";

/** Config keys of the causal transformer, beside those that every sequence model has. */
export const sasrecFields = {
  layers: z.int().min(1).max(24).default(2).describe("transformer blocks"),
  heads: z.int().min(1).max(64).default(2).describe("attention heads; divides the width"),
  hidden: z.int().min(1).max(8192).default(128).describe("width of a block's feed-forward part"),
  activation: z.enum(["relu", "gelu", "silu"]).default("gelu").describe("of the feed-forward part"),
  positions: z
    .enum(["learned", "rotary"])
    .default("rotary")
    .describe("learned: a vector per place in the window; rotary: distances, inside the attention"),
};

export const sasrecConfig = z
  .strictObject({
    ...trainingFields,
    ...sasrecFields,
    intervals: z
      .boolean()
      .default(false)
      .describe("whether inputs tell the time since the item before, in powers of two of a second"),
  })
  .superRefine(({ width, heads, positions }, context) => {
    const divisor = positions === "rotary" ? 2 * heads : heads;
    if (width % divisor === 0) return;
    context.addIssue({ code: "custom", path: ["heads"], message: `expected ${divisor} to divide the width ${width}.` });
  });
export type SasrecConfig = z.infer<typeof sasrecConfig>;
/** What the causal transformer needs to know. */
export type CausalConfig = Pick<
  SasrecConfig,
  "width" | "maxLength" | "dropout" | "layers" | "heads" | "hidden" | "activation" | "positions"
>;
