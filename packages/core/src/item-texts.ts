import type { AttributeColumns, AttributeValue, Catalog } from "./catalog.js";

type Items = Pick<Catalog, "items" | "itemColumns">;

/** A text of an item under the name of its column, such as ["title", "Soap"]; never blank. */
export type ItemField = readonly [name: string, value: string];

/**
 * (N) the texts of each item: the title, the categories with commas between, then the named texts and the attributes that
 * are texts, in the order of their names; a text hides an attribute of its name. Blank ones are left out; an item of which nothing is known has [].
 */
export function itemFields({ items, itemColumns }: Items): ItemField[][] {
  const { titles, categories, attributes = {} } = itemColumns;
  const texts: Record<string, readonly (string | null)[]> = { ...textsAmong(attributes), ...itemColumns.texts };
  const names = Object.keys(texts).sort();
  return Array.from({ length: items.size }, (_, item) => {
    const fields: [string, string | undefined][] = [
      ["title", titles?.[item]],
      ["category", categories?.[item]?.join(", ")],
      ...names.map((name): [string, string | undefined] => [name, texts[name]?.[item] ?? undefined]),
    ];
    return fields.map(([name, value]) => [name, value?.trim() ?? ""] as const).filter(([, value]) => value !== "");
  });
}

/** The columns of texts. */
function textsAmong(attributes: AttributeColumns): Record<string, readonly (string | null)[]> {
  const isText = ([, values]: [string, readonly (AttributeValue | null)[]]): boolean =>
    values.every((value) => value === null || typeof value === "string");
  return Object.fromEntries(Object.entries(attributes).filter(isText)) as Record<string, readonly (string | null)[]>;
}

/** (N) each item's fields as one text, "title: ... | category: ... | brand: ..."; "" for an item without any. */
export function itemTexts(catalog: Items): string[] {
  return itemFields(catalog).map((fields) => fields.map(([name, value]) => `${name}: ${value}`).join(" | "));
}
