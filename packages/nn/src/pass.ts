import { type Random } from "@sequitur/core";

/** One forward pass: whether it trains, and the keys of its random masks. */
export interface Pass {
  readonly training: boolean;
  /** A new 32-bit key per call, the same sequence for the same step of the same run. */
  nextKey(): number;
}

/** The pass of scoring and validation: nothing is dropped. */
export const EVALUATION: Pass = { training: false, nextKey: () => 0 };

/** A training pass whose masks depend on `random` only, so that a resumed step draws what it would have drawn. */
export function trainingPass(random: Random): Pass {
  return { training: true, nextKey: () => random.uint32() };
}
