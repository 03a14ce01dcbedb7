import { PlatformError, type Interactions } from "@sequitur/core";
import { z } from "zod";
import type { Split } from "./split.js";
import { askingFields, cutInTime, timeQuantile } from "./temporal.js";

export const rollingSchema = z.strictObject({
  kind: z.literal("rolling"),
  from: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.5)
    .describe("quantile of the times at which the first validation window begins"),
  windows: z
    .int()
    .min(1)
    .default(4)
    .describe("test windows of equal numbers of interactions after the first validation one"),
  window: z.int().min(1).default(1).describe("which of them is asked, from 1; training grows with it"),
  ...askingFields,
});
export type RollingConfig = z.infer<typeof rollingSchema>;

/**
 * Cross-validation by time (rolling origin): the times after `from` are cut into windows + 1 of equal numbers; window w
 * tests on the (w + 1)-th, validates on the w-th, trains on all before it, and knows nothing after it.
 */
export function rollingSplit(interactions: Interactions, config: RollingConfig): Split {
  const { from, windows, window } = config;
  if (window > windows) {
    throw new PlatformError("bad-config", `window must be at most windows, got ${window} of ${windows}.`);
  }
  const cut = (i: number): number => {
    const quantile = from + ((1 - from) * i) / (windows + 1);
    return i > windows ? Infinity : timeQuantile(interactions.times, quantile);
  };
  const [validationFromMs, testFromMs, untilMs] = [cut(window - 1), cut(window), cut(window + 1)];
  if (!(validationFromMs < testFromMs && testFromMs < untilMs)) {
    throw new PlatformError(
      "bad-data",
      `the windows must end at different instants, got ${windows} windows over too few distinct times.`,
    );
  }
  return cutInTime(interactions, config, { validationFromMs, testFromMs, untilMs });
}
