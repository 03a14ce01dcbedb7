import type { Settings } from "./settings.js";

/** The level of every interval as reports write it: `95%` where alpha is 0.05. */
export function levelText({ alpha }: Pick<Settings, "alpha">): string {
  return `${Number((100 * (1 - alpha)).toPrecision(8))}%`;
}
