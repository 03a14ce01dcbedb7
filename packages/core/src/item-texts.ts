import type { Catalog } from "./catalog.js";

type Items = Pick<Catalog, "items" | "itemColumns">;

/** A text of an item under the name of its column, such as ["title", "Soap"]; never blank. */
export type ItemField = readonly [name: string, value: string];

/**
 * (N) the texts of each item: the title, the categories with commas between, then the named texts in the order of their
 * names. Blank ones are left out; an item of which nothing is known has [].
 */
export function itemFields({ items, itemColumns }: Items): ItemField[][] {
  const { titles, categories, texts = {} } = itemColumns;
  const names = Object.keys(texts).sort();
  return Array.from({ length: items.size }, (_, item) => {
    const fields: [string, string | undefined][] = [
      ["title", titles?.[item]],
      ["category", categories?.[item]?.join(", ")],
      ...names.map((name): [string, string | undefined] => [name, texts[name]?.[item]]),
    ];
    return fields.map(([name, value]) => [name, value?.trim() ?? ""] as const).filter(([, value]) => value !== "");
  });
}

/** (N) each item's fields as one text, "title: ... | category: ... | brand: ..."; "" for an item without any. */
export function itemTexts(catalog: Items): string[] {
  return itemFields(catalog).map((fields) => fields.map(([name, value]) => `${name}: ${value}`).join(" | "));
}
