import { PlatformError } from "@sequitur/core";
import { type Floats } from "../block.js";
import { needs } from "../checks.js";

/** Which mask: the same three numbers give the same mask for ever, on every engine. */
export interface DropoutKey {
  /** Probability to drop, in [0, 1). */
  readonly rate: number;
  /** Any unsigned 32-bit integer; one per layer. */
  readonly seed: number;
  /** Any unsigned 32-bit integer; one per step. */
  readonly counter: number;
}

/** Dropout from a counter-based generator. */
export interface DropoutKernels {
  /**
   * out[i] = x[i] / (1 - rate) where element i is kept, else 0. The gradient is the same call on the gradient: the mask is
   * computed again, never stored. `out` may be `x`.
   */
  readonly dropout: (out: Floats, x: Floats, key: DropoutKey) => void;
}

/** The kernels with their arguments checked first. */
export function checkedDropout(body: DropoutKernels): DropoutKernels {
  return {
    dropout: (out, x, key) => {
      needs(out, 0, "dropout: out");
      needs(x, out.length, "dropout: x");
      checkDropout("dropout", key);
      body.dropout(out, x, key);
    },
  };
}

/** Throws unless the key is one. */
export function checkDropout(op: string, key: DropoutKey): void {
  if (!(key.rate >= 0 && key.rate < 1)) {
    throw new PlatformError("bad-config", `${op}: rate must be in [0, 1), got ${key.rate}.`);
  }
  if (key.seed >>> 0 === key.seed && key.counter >>> 0 === key.counter) return;
  throw new PlatformError(
    "bad-config",
    `${op}: seed and counter must be unsigned 32-bit integers, got ${key.seed} and ${key.counter}.`,
  );
}

/** What the generator compares 24 random bits with: kept below it. */
export function keepThreshold(rate: number): number {
  return Math.round((1 - rate) * 2 ** 24);
}
