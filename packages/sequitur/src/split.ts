import { parseConfig } from "@sequitur/core";
import { splitConfigSchema, splitInteractions, type Split } from "@sequitur/data";
import type { Table } from "./read-table.js";

export type { Split, Table };

/** How to cut, by the name of the protocol or with its settings: { kind: "temporal", testFrom: 0.9 }. */
export type Protocol = string | { readonly kind: string; readonly [setting: string]: unknown };

/** Cuts a table into train, validation and test; the last choice of each user is tested unless the protocol says else. */
export function split(table: Table, protocol: Protocol = "leave-one-out"): Split {
  const written = typeof protocol === "string" ? { kind: protocol } : protocol;
  return splitInteractions(table.interactions, parseConfig(splitConfigSchema, written, "protocol"));
}
