import { PlatformError } from "@sequitur/core";

/** Throws `bad-config` unless the value lies strictly between 0 and 1. */
export function checkShare(name: string, value: number): void {
  if (!(value > 0 && value < 1)) throw new PlatformError("bad-config", `${name} must be in (0, 1), got ${value}.`);
}

/** Throws `bad-config` unless the value is finite and above 0. */
export function checkPositive(name: string, value: number): void {
  if (!(value > 0 && value < Infinity)) {
    throw new PlatformError("bad-config", `${name} must be finite and above 0, got ${value}.`);
  }
}

/** Throws `bad-config` unless the value is a whole number of at least `least`. */
export function checkWhole(name: string, value: number, least: number): void {
  if (!(Number.isSafeInteger(value) && value >= least)) {
    throw new PlatformError("bad-config", `${name} must be a whole number of at least ${least}, got ${value}.`);
  }
}

/** Throws `bad-data` unless as many values came as expected. */
export function checkLength(name: string, got: number, expected: number): void {
  if (got !== expected) throw new PlatformError("bad-data", `${name} must have ${expected} values, got ${got}.`);
}
