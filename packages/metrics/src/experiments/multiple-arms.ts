import { PlatformError } from "@sequitur/core";
import { holm } from "../comparisons/holm.js";
import { differenceOfMeans } from "./difference-of-means.js";
import type { Effect, EffectOptions } from "./effect.js";
import type { Moments } from "./moments.js";

/** A treatment arm against control. */
export interface ArmEffect extends Effect {
  readonly arm: string;
  /** Holm-adjusted over the treatment arms of the experiment. */
  readonly adjustedPValue: number;
}

/** Holm's correction (`holm`) over effects that are read together; in the order given. */
export function correctEffects<T extends Effect>(
  effects: readonly T[],
): readonly (T & { readonly adjustedPValue: number })[] {
  const adjusted = holm(effects.map(({ pValue }) => pValue));
  return effects.map((effect, i) => ({ ...effect, adjustedPValue: adjusted[i]! }));
}

/** Every arm but control against control, by Welch's test; intervals are not adjusted. Throws `bad-config` without control. */
export function compareArms(
  arms: ReadonlyMap<string, Moments>,
  control: string,
  options: EffectOptions = {},
): readonly ArmEffect[] {
  const base = arms.get(control);
  if (base === undefined) {
    throw new PlatformError("bad-config", `control must be one of ${[...arms.keys()].join(", ")}, got ${control}.`);
  }
  const others = [...arms].filter(([arm]) => arm !== control);
  return correctEffects(others.map(([arm, moments]) => ({ arm, ...differenceOfMeans(base, moments, options) })));
}
