import { PlatformError } from "@sequitur/core";
import { z } from "zod";
import type { SgdConfig } from "./sgd-config.js";

/** Whose semantics the updates have. */
export const compatField = z
  .enum(["none", "paper"])
  .default("none")
  .describe(
    "none: single updates; paper: gradients summed over batches of 5000 at the batch's first parameters, L2 once a batch " +
      "on all rows (Yu & Qin 2020); slow, and its rates and decays are on another scale",
  );

/** `bad-config` where a setting has no meaning in the authors' batches. */
export function refuseInPaper(
  name: string,
  { bias, userBias = false, sampler, hardest }: SgdConfig,
  valued: boolean,
): void {
  if (valued) {
    const message = `${name}: compat "paper" counts every interaction alike, got values: set signals to 1 for all kinds.`;
    throw new PlatformError("bad-config", message);
  }
  if (!bias && !userBias && sampler === "uniform" && hardest === 1) return;
  throw new PlatformError(
    "bad-config",
    `${name}: compat "paper" needs bias and userBias false, sampler "uniform" and hardest 1, ` +
      `got ${bias}, ${userBias}, "${sampler}" and ${hardest}.`,
  );
}
