import { selectRows, type Interactions } from "../interactions.js";
import { EXPOSURE, NEGATIVE, POSITIVE, signalReader } from "./signal-reader.js";
import { DEFAULT_SIGNALS, type Signals } from "./signals.js";

/**
 * Resolves each row's kind and weight to `context.role` (1, -1, 0) and `context.value` (above 0); ignored rows leave.
 * Without a table, rows with kinds are read by the default one and rows without any stay as they are: that is the
 * protocol of ratings, where every row is a positive of value 1. Both columns are absent where all rows are that.
 */
export function applySignals(interactions: Interactions, signals?: Signals): Interactions {
  const { context, catalog, size } = interactions;
  if (signals === undefined && context.kind === undefined) return interactions;
  const read = signalReader(signals ?? DEFAULT_SIGNALS);
  const roles = new Int8Array(size);
  const values = new Float32Array(size);
  const kept = new Int32Array(size);
  let end = 0;
  let plain = true;
  for (let row = 0; row < size; row++) {
    const signal = read(catalog.kinds?.[context.kind?.[row] ?? -1] ?? "", context.weight?.[row]);
    if (signal === undefined) continue;
    kept[end++] = row;
    roles[row] = signal.role;
    values[row] = signal.value;
    if (signal.role !== POSITIVE || values[row] !== 1) plain = false;
  }
  const { role: _role, value: _value, ...rest } = context;
  const resolved = { ...interactions, context: plain ? rest : { ...rest, role: roles, value: values } };
  return end === size ? resolved : selectRows(resolved, kept.subarray(0, end));
}

/** How many rows have each role. */
export interface RoleCounts {
  readonly positive: number;
  readonly negative: number;
  readonly exposure: number;
}

/** Counts rows by role; all are positives where no role is given. */
export function roleCounts({ size, context: { role } }: Pick<Interactions, "size" | "context">): RoleCounts {
  const counts = { positive: role === undefined ? size : 0, negative: 0, exposure: 0 };
  for (const given of role ?? []) {
    if (given === POSITIVE) counts.positive += 1;
    else if (given === NEGATIVE) counts.negative += 1;
    else if (given === EXPOSURE) counts.exposure += 1;
  }
  return counts;
}

/** Only the rows whose role is one of those given; the interactions themselves where no role is known. */
export function rowsOfRoles(interactions: Interactions, roles: readonly number[]): Interactions {
  const { role } = interactions.context;
  if (role === undefined) return interactions;
  const rows = Int32Array.from({ length: interactions.size }, (_, row) => row).filter((row) =>
    roles.includes(role[row]!),
  );
  return rows.length === interactions.size ? interactions : selectRows(interactions, rows);
}

/** The positive rows, without a column of roles: what a user wanted. */
export function positiveRows(interactions: Interactions): Interactions {
  if (interactions.context.role === undefined) return interactions;
  const kept = rowsOfRoles(interactions, [POSITIVE]);
  const { role: _role, ...context } = kept.context;
  return { ...kept, context };
}
