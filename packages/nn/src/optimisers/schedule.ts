import { PlatformError } from "@sequitur/core";

/** The learning rate over time. Plain ones are functions of the step; plateau also watches the validation value. */
export interface Schedule {
  /** Rate of step `step`, counted from 1. */
  learningRate(step: number): number;
  /** Told each validation value, higher is better. */
  observe?(value: number): void;
  /** What a checkpoint must keep, as JSON; absent when the step says it all. */
  state?(): unknown;
  restore?(state: unknown): void;
}

/** The same learning rate at every step. */
export function constant(learningRate: number): Schedule {
  return { learningRate: () => learningRate };
}

/** Rises linearly to `peak` over `steps` steps, then follows `then` (counted from its own step 1). */
export function warmUp(peak: number, steps: number, then: Schedule = constant(peak)): Schedule {
  return { ...then, learningRate: (step) => (step <= steps ? (peak * step) / steps : then.learningRate(step - steps)) };
}

/** Falls from `peak` to `floor` along half a cosine over `steps` steps, then stays (Loshchilov & Hutter 2017, eq. 5). */
export function cosine(peak: number, steps: number, floor = 0): Schedule {
  return {
    learningRate: (step) => floor + 0.5 * (peak - floor) * (1 + Math.cos(Math.PI * Math.min(1, (step - 1) / steps))),
  };
}

export interface PlateauOptions {
  /** Validations without a new best before the learning rate falls. Default 2. */
  readonly patience?: number;
  /** The learning rate is multiplied by this. Default 0.5. */
  readonly factor?: number;
  /** The learning rate never falls below this. Default 0. */
  readonly floor?: number;
}

/** Starts at `peak` and is multiplied by `factor` whenever validation stops improving. */
export function plateau(peak: number, { patience = 2, factor = 0.5, floor = 0 }: PlateauOptions = {}): Schedule {
  let state = { learningRate: peak, best: Number.NEGATIVE_INFINITY, waited: 0 };
  return {
    learningRate: () => state.learningRate,
    observe(value) {
      if (value > state.best) state = { ...state, best: value, waited: 0 };
      else if (state.waited + 1 < patience) state = { ...state, waited: state.waited + 1 };
      else state = { ...state, learningRate: Math.max(floor, state.learningRate * factor), waited: 0 };
    },
    // JSON has no infinity, so "no best yet" is null.
    state: () => ({ ...state, best: Number.isFinite(state.best) ? state.best : null }),
    restore(saved) {
      const { learningRate, best, waited } = (saved ?? {}) as Record<string, unknown>;
      if (
        typeof learningRate !== "number" ||
        typeof waited !== "number" ||
        !(best === null || typeof best === "number")
      ) {
        throw new PlatformError(
          "bad-artifact",
          `expected the state of a plateau schedule, got ${JSON.stringify(saved)}.`,
        );
      }
      state = { learningRate, best: best ?? Number.NEGATIVE_INFINITY, waited };
    },
  };
}
