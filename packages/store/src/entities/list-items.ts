import { sql } from "kysely";
import type { Store } from "../connection/store.js";
import { storedItemOf, type StoredItem } from "./items.js";

/** One page of a list, and where the next begins: absent at the end. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly next?: number;
}

export interface ItemListOptions {
  /** `next` of the page before. Default 0: the first page. */
  readonly after?: number;
  readonly limit: number;
  /** Words that title, categories or texts have, as a web search reads them; or the item's id. */
  readonly text?: string;
  /** Of this category. */
  readonly category?: string;
  /** Also what is deleted or only named by events. Default false. */
  readonly all?: boolean;
}

/** Items in the order they came in, page by page; changes between pages neither repeat nor skip the others. */
export async function listItems(store: Store, options: ItemListOptions): Promise<Page<StoredItem>> {
  const { after = 0, limit, text, category, all = false } = options;
  const rows = await store.attempt("list items", (db) => {
    let query = db
      .selectFrom("items")
      .selectAll()
      .where("item_key", ">", after)
      .orderBy("item_key")
      .limit(limit + 1);
    if (!all) query = query.where("deleted_at", "is", null).where("in_catalog", "=", true);
    if (category !== undefined) query = query.where(sql<boolean>`${category} = any(categories)`);
    if (text !== undefined) {
      query = query.where(
        sql<boolean>`(item_search_text(title, categories, texts) @@ websearch_to_tsquery('simple', ${text}) or item_id = ${text})`,
      );
    }
    return query.execute();
  });
  return pageOf(rows, limit, storedItemOf, ({ item_key }) => item_key);
}

/** A page of rows that were read one further than it goes. */
export function pageOf<Row, Out>(
  rows: readonly Row[],
  limit: number,
  out: (row: Row) => Out,
  keyOf: (row: Row) => number,
): Page<Out> {
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return { rows: shown.map(out), ...(last !== undefined && { next: keyOf(last) }) };
}
