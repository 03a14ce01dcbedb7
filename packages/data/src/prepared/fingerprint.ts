import { createHash, type Hash } from "node:crypto";
import { CONTEXT_NAMES, type Interactions, type NumberColumn } from "@sequitur/core";

/**
 * sha256 (hex) of everything that a model may read: columns, ids and what is known of the items. Equal data give equal
 * fingerprints on every machine (numbers as little-endian bytes), whatever file they came from.
 */
export function fingerprint(interactions: Interactions): string {
  const hash = createHash("sha256");
  const { catalog, context } = interactions;
  hashNumbers(hash, "users", interactions.users);
  hashNumbers(hash, "items", interactions.items);
  hashNumbers(hash, "times", interactions.times);
  for (const name of CONTEXT_NAMES) {
    const column = context[name];
    if (column !== undefined) hashNumbers(hash, name, column);
  }
  hashJson(hash, "userIds", catalog.users.ids);
  hashJson(hash, "itemIds", catalog.items.ids);
  if (catalog.timesAre !== undefined) hash.update(`times are ${catalog.timesAre}\n`);
  if (catalog.kinds !== undefined) hashJson(hash, "kinds", catalog.kinds);
  const {
    texts = {},
    latitudes,
    longitudes,
    availableFrom,
    availableUntil,
    attributes,
    ...columns
  } = catalog.itemColumns;
  if (availableFrom !== undefined) hashNumbers(hash, "availableFrom", availableFrom);
  if (availableUntil !== undefined) hashNumbers(hash, "availableUntil", availableUntil);
  for (const [name, values] of sortedEntries(attributes ?? {})) hashJson(hash, `attribute ${name}`, values);
  for (const [name, values] of sortedEntries(catalog.userAttributes ?? {})) hashJson(hash, `user ${name}`, values);
  if (latitudes !== undefined) hashNumbers(hash, "latitudes", latitudes);
  if (longitudes !== undefined) hashNumbers(hash, "longitudes", longitudes);
  for (const [name, values] of sortedEntries(columns)) hashJson(hash, name, values);
  for (const [name, values] of sortedEntries(texts)) hashJson(hash, `text ${name}`, values);
  return hash.digest("hex");
}

function sortedEntries<T>(record: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}

function hashNumbers(hash: Hash, name: string, column: NumberColumn): void {
  hash.update(`${name} ${column.constructor.name} ${column.length}\n`);
  hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
}

const STRINGS_AT_ONCE = 65_536;

function hashJson(hash: Hash, name: string, values: readonly unknown[]): void {
  hash.update(`${name} ${values.length}\n`);
  for (let start = 0; start < values.length; start += STRINGS_AT_ONCE) {
    hash.update(JSON.stringify(values.slice(start, start + STRINGS_AT_ONCE)));
  }
}
