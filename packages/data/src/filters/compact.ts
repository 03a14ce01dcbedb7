import {
  idTable,
  interactionsFrom,
  selectRows,
  type AttributeColumns,
  type Catalog,
  type IdTable,
  type Interactions,
  type ItemColumns,
} from "@sequitur/core";

/** Keeps the rows and drops every user and item that no longer occurs; indices are made dense again, in old order. */
export function compact(interactions: Interactions, rows: Int32Array): Interactions {
  const kept = selectRows(interactions, rows);
  const { catalog } = kept;
  const userMap = denseMap(kept.users, catalog.users.size);
  const itemMap = denseMap(kept.items, catalog.items.size);
  const smaller: Catalog = {
    users: smallerTable(catalog.users, userMap.old),
    items: smallerTable(catalog.items, itemMap.old),
    itemColumns: smallerColumns(catalog.itemColumns, itemMap.old),
    ...(catalog.timesAre && { timesAre: catalog.timesAre }),
    ...(catalog.userAttributes && { userAttributes: smallerAttributes(catalog.userAttributes, userMap.old) }),
    ...(catalog.kinds && { kinds: catalog.kinds }),
  };
  return interactionsFrom(smaller, {
    users: kept.users.map((user) => userMap.next[user]!),
    items: kept.items.map((item) => itemMap.next[item]!),
    times: kept.times,
    context: kept.context,
  });
}

/** old[new index] and next[old index] of the indices that occur. */
function denseMap(column: Int32Array, size: number): { old: Int32Array; next: Int32Array } {
  const next = new Int32Array(size).fill(-1);
  for (const index of column) next[index] = 0;
  let count = 0;
  for (let index = 0; index < size; index++) if (next[index] === 0) next[index] = count++;
  const old = new Int32Array(count);
  for (let index = 0; index < size; index++) if (next[index]! >= 0) old[next[index]!] = index;
  return { old, next };
}

function smallerTable(table: IdTable, old: Int32Array): IdTable {
  return old.length === table.size ? table : idTable(Array.from(old, (index) => table.ids[index]!));
}

function smallerColumns(columns: ItemColumns, old: Int32Array): ItemColumns {
  const pick = <T>(column: readonly T[]): T[] => Array.from(old, (index) => column[index]!);
  const pickNumbers = (column: Float64Array): Float64Array => Float64Array.from(old, (index) => column[index]!);
  const { titles, categories, texts, latitudes, longitudes, openingHours, timeZones } = columns;
  const { availableFrom, availableUntil, attributes } = columns;
  return {
    ...(titles && { titles: pick(titles) }),
    ...(categories && { categories: pick(categories) }),
    ...(texts && { texts: Object.fromEntries(Object.entries(texts).map(([name, column]) => [name, pick(column)])) }),
    ...(latitudes && { latitudes: pickNumbers(latitudes) }),
    ...(longitudes && { longitudes: pickNumbers(longitudes) }),
    ...(openingHours && { openingHours: pick(openingHours) }),
    ...(timeZones && { timeZones: pick(timeZones) }),
    ...(availableFrom && { availableFrom: pickNumbers(availableFrom) }),
    ...(availableUntil && { availableUntil: pickNumbers(availableUntil) }),
    ...(attributes && { attributes: smallerAttributes(attributes, old) }),
  };
}

function smallerAttributes(columns: AttributeColumns, old: Int32Array): AttributeColumns {
  const entries = Object.entries(columns);
  return Object.fromEntries(entries.map(([name, column]) => [name, Array.from(old, (index) => column[index]!)]));
}
