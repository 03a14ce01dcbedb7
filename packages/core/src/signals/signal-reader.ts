import { weightTest } from "./comparison.js";
import { casesOfKind, type SignalCase, type Signals } from "./signals.js";

/** The roles as the columns hold them. */
export const POSITIVE = 1;
export const NEGATIVE = -1;
export const EXPOSURE = 0;

/** What one event says: its role, and how much it says (above 0). */
export interface Signal {
  readonly role: typeof POSITIVE | typeof NEGATIVE | typeof EXPOSURE;
  readonly value: number;
}

/** Reads events of any kind and weight (NaN or undefined: none); undefined for those that are ignored. */
export type SignalReader = (kind: string, weight: number | undefined) => Signal | undefined;

/** A reader by one table; each kind's rules are compiled once. */
export function signalReader(signals: Signals): SignalReader {
  const compiled = new Map<string, (weight: number) => Signal | undefined>();
  return (kind, weight = Number.NaN) => {
    let read = compiled.get(kind);
    if (read === undefined) compiled.set(kind, (read = compile(casesOfKind(signals, kind))));
    return read(weight);
  };
}

function compile(cases: readonly SignalCase[]): (weight: number) => Signal | undefined {
  const tests = cases.map(({ when }) => (when === undefined ? () => true : weightTest(when)));
  return (weight) => {
    const at = tests.findIndex((holds) => holds(weight));
    return at < 0 ? undefined : signalOf(cases[at]!, weight);
  };
}

const CEILING = 1e30;

function signalOf({ role, value, times }: SignalCase, weight: number): Signal | undefined {
  if (role === "ignored") return undefined;
  if (role === "exposure") return { role: EXPOSURE, value: 1 };
  const side = role === "negative" ? NEGATIVE : POSITIVE;
  if (typeof value === "number") return { role: side, value: value * times };
  const given = Number.isNaN(weight) ? 1 : weight;
  const magnitude = Math.fround(Math.min(CEILING, times * RULES[value](Math.abs(given))));
  if (!(magnitude > 0)) return undefined;
  return { role: given < 0 ? NEGATIVE : side, value: magnitude };
}

const RULES = {
  weight: (size: number) => size,
  log1p: (size: number) => Math.log1p(size),
  damped: (size: number) => Math.log2(1 + size),
} as const;
