import { PlatformError } from "@sequitur/core";
import type { Experiment, SettingsChange } from "@sequitur/store";
import { placeOf, planOf } from "../schemas/experiment-schemas.js";

/** A part of the users of a group, in [0, 1]. */
interface Part {
  readonly experimentId: string;
  readonly from: number;
  readonly to: number;
}

/** Rounding of sums of shares. */
const ROUNDING = 1e-9;

/** Gives a starting experiment the first part of its group's users that is free. `bad-data` names who has the others. */
export const takePart: SettingsChange = (settings, others) => {
  const { group, traffic } = planOf({ settings });
  if (group === undefined) return settings;
  let from = 0;
  const parts = partsOf(group, others);
  for (const part of parts) {
    if (part.from - from >= traffic - ROUNDING) break;
    from = part.to;
  }
  if (from + traffic > 1 + ROUNDING) throw full(group, traffic, parts);
  return { ...settings, from };
};

/** Lets more or fewer users take part, as far as the next experiment of the group. */
export function withTraffic(traffic: number): SettingsChange {
  return (settings, others) => {
    const plan = planOf({ settings });
    const from = placeOf({ settings });
    if (plan.group !== undefined) {
      const parts = partsOf(plan.group, others);
      const next = parts.find((part) => part.from >= from)?.from ?? 1;
      if (from + traffic > next + ROUNDING) throw full(plan.group, traffic, parts);
    }
    return { ...settings, plan: { ...plan, traffic } };
  };
}

function partsOf(group: string, others: readonly Experiment[]): Part[] {
  return others
    .filter((other) => planOf(other).group === group)
    .map((other) => ({
      experimentId: other.experimentId,
      from: placeOf(other),
      to: placeOf(other) + planOf(other).traffic,
    }))
    .sort((a, b) => a.from - b.from);
}

function full(group: string, traffic: number, parts: readonly Part[]): PlatformError {
  const taken = parts.map(({ experimentId, from, to }) => `${experimentId} has ${(100 * (to - from)).toFixed(0)} %`);
  return new PlatformError(
    "bad-data",
    `group ${group} has no room for ${(100 * traffic).toFixed(0)} % of the users: ${taken.join(", ")}.`,
  );
}
