import {
  DEFAULT_SIGNALS,
  parseConfig,
  PlatformError,
  signalsSchema,
  type SignalRole,
  type Signals,
} from "@sequitur/core";
import type { ColumnMapping } from "./mapping.js";

/** `bad-config` for columns that only make sense together, or not together. */
export function checkMapping({ latitude, longitude, weight, value, signals }: ColumnMapping): void {
  const fail = (message: string): PlatformError => new PlatformError("bad-config", `mapping: ${message}`);
  if ((latitude === undefined) !== (longitude === undefined)) {
    throw fail("expected latitude and longitude together, got one of them.");
  }
  if (value === undefined) return;
  if (weight !== undefined) {
    throw fail("expected weight or value, got both: a value counts as it is, a weight by rules.");
  }
  if (signals !== undefined) {
    throw fail("expected signals or value, got both: map the column to weight for signals to read it.");
  }
}

/**
 * What the events of a mapping say: its table; where a column is mapped to value, that value whatever the kind, of which
 * only the role is left to the default table.
 */
export function signalsOf({ signals, value }: ColumnMapping, kinds: readonly string[] = []): Signals | undefined {
  if (value === undefined) return signals;
  const rules = kinds.map((kind) => [kind, { role: defaultRole(kind), value: "weight" }]);
  return parseConfig(signalsSchema, { kinds: Object.fromEntries(rules), other: "weight" }, "mapping.value");
}

function defaultRole(kind: string): SignalRole {
  return Object.hasOwn(DEFAULT_SIGNALS.kinds, kind) ? DEFAULT_SIGNALS.kinds[kind]![0]!.role : "positive";
}
