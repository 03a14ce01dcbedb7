import { PlatformError } from "@sequitur/core";
import type { Transaction } from "kysely";
import { announce } from "../connection/changes.js";
import type { Store } from "../connection/store.js";
import type { Tables } from "../tables.js";
import { lockItems, said } from "./import-items.js";
import { itemProblem } from "./item-problem.js";
import { writeItems, type ItemRecord } from "./items.js";

/** Fields to change, by itself `null` where one is to be forgotten; attributes and texts change name by name. */
export type ItemPatch = { readonly itemId: string } & {
  readonly [Name in Exclude<keyof ItemRecord, "itemId" | "texts" | "attributes">]?: ItemRecord[Name] | null;
} & {
  readonly texts?: Readonly<Record<string, string | null>> | null;
  readonly attributes?: Readonly<Record<string, unknown>> | null;
};

/** What became of one patch. */
export type PatchResult =
  | { readonly status: "written" }
  | { readonly status: "missing" }
  | { readonly status: "rejected"; readonly message: string };

/**
 * Changes items by merge patches (RFC 7386 over the fields of an item), one result a patch, in order; a deleted item
 * counts as missing. With `create`, an item that is not there is made of its patch.
 */
export async function patchItems(
  store: Store,
  patches: readonly ItemPatch[],
  { create = false }: { readonly create?: boolean } = {},
): Promise<PatchResult[]> {
  return store.transaction("change items", async (db) => {
    const merged = await mergeAll(db, patches, create);
    const items = [...merged.items.values()].sort((a, b) => (a.itemId < b.itemId ? -1 : 1));
    if (items.length > 0) {
      await writeItems(db, items, store.now(), "api");
      await announce(db, { kind: "items" });
    }
    return merged.results;
  });
}

async function mergeAll(
  db: Transaction<Tables>,
  patches: readonly ItemPatch[],
  create: boolean,
): Promise<{ items: Map<string, ItemRecord>; results: PatchResult[] }> {
  const ids = [...new Set(patches.map(({ itemId }) => itemId))].sort();
  const known = await lockItems(db, ids);
  const items = new Map<string, ItemRecord>();
  const results = patches.map((patch): PatchResult => {
    const { itemId } = patch;
    const before = known.get(itemId);
    const isThere = items.has(itemId) || (before !== undefined && before.deletedAt === undefined);
    if (!isThere && !create) return { status: "missing" };
    const item = merge(items.get(itemId) ?? (isThere ? said(before!) : { itemId }), patch);
    const message = itemProblem(item);
    if (message !== undefined) return { status: "rejected", message };
    items.set(itemId, item);
    return { status: "written" };
  });
  return { items, results };
}

function merge(item: ItemRecord, patch: ItemPatch): ItemRecord {
  const fields: Record<string, unknown> = { ...item };
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete fields[name];
    else if (value !== undefined) fields[name] = value;
  }
  if (patch.texts) fields["texts"] = mergeNames(item.texts, patch.texts);
  if (patch.attributes) fields["attributes"] = mergeNames(item.attributes, patch.attributes);
  // Its own keys came out of `said` and a checked patch; the id is the only one that must be there.
  if (typeof fields["itemId"] !== "string") throw new PlatformError("bad-data", "a patch must name its item.");
  return fields as unknown as ItemRecord;
}

/** Names of the patch over those that are there; null takes one out. */
export function mergeNames(
  known: Readonly<Record<string, unknown>> = {},
  patch: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const entries = new Map(Object.entries(known));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) entries.delete(name);
    else entries.set(name, value);
  }
  return Object.fromEntries(entries);
}
