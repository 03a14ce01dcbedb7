import { PlatformError } from "../errors.js";

const OPERATORS = {
  ">=": (weight: number, bound: number) => weight >= bound,
  ">": (weight: number, bound: number) => weight > bound,
  "<=": (weight: number, bound: number) => weight <= bound,
  "<": (weight: number, bound: number) => weight < bound,
  "=": (weight: number, bound: number) => weight === bound,
} as const;

/** Seconds in a unit: weights of events that last count seconds. */
const SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, min: 60, h: 3600 };

/** An operator, a number, and for durations a unit. */
export const COMPARISON = /^\s*(>=|<=|>|<|=)\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*(ms|s|min|h)?\s*$/;

/** The test that a text such as ">= 4" or "> 30 s" describes; no weight (NaN) passes none. `bad-config` for others. */
export function weightTest(text: string): (weight: number) => boolean {
  const match = COMPARISON.exec(text);
  if (match === null) {
    throw new PlatformError("bad-config", `expected a comparison such as ">= 4" or "> 30 s", got "${text}".`);
  }
  const [, operator, number, unit] = match;
  const bound = Number(number) * (unit === undefined ? 1 : SECONDS[unit]!);
  const holds = OPERATORS[operator as keyof typeof OPERATORS];
  return (weight) => holds(weight, bound);
}
