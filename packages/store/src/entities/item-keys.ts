import type { Store } from "../connection/store.js";

interface Known {
  readonly keyOf: Map<string, number>;
  readonly idOf: Map<number, string>;
}

/** An item keeps its key for ever, so that what was read once stays true; both directions, a store. */
const known = new WeakMap<Store, Known>();

/** The keys of the items that have one, of these ids or more; asks the database only for those not met before. */
export async function itemKeysOf(store: Store, itemIds: Iterable<string>): Promise<ReadonlyMap<string, number>> {
  const { keyOf, idOf } = knownOf(store);
  const missing = [...new Set(itemIds)].filter((id) => !keyOf.has(id));
  if (missing.length > 0) {
    const text = "select item_key, item_id from items where item_id = any($1::text[])";
    take(await store.prepared<Row>("look up items", { name: "item-keys", text, values: [missing] }), keyOf, idOf);
  }
  return keyOf;
}

/** The ids of these keys and more. Every key of the log has an item. */
export async function itemIdsOf(store: Store, itemKeys: Iterable<number>): Promise<ReadonlyMap<number, string>> {
  const { keyOf, idOf } = knownOf(store);
  const missing = [...new Set(itemKeys)].filter((key) => !idOf.has(key));
  if (missing.length > 0) {
    const text = "select item_key, item_id from items where item_key = any($1::integer[])";
    take(await store.prepared<Row>("look up items", { name: "item-ids", text, values: [missing] }), keyOf, idOf);
  }
  return idOf;
}

interface Row {
  readonly item_key: number;
  readonly item_id: string;
}

function knownOf(store: Store): Known {
  let found = known.get(store);
  if (found === undefined) known.set(store, (found = { keyOf: new Map(), idOf: new Map() }));
  return found;
}

function take(rows: readonly Row[], keyOf: Map<string, number>, idOf: Map<number, string>): void {
  for (const { item_key, item_id } of rows) {
    keyOf.set(item_id, item_key);
    idOf.set(item_key, item_id);
  }
}
