import type { Catalog } from "@sequitur/core";
import { createHash } from "node:crypto";

/**
 * (N) each item's text, "title: ... | category: ... | brand: ...": the title, the categories, then the named texts in the
 * order of their names; empty fields are left out, and an item of which nothing is known has the text "".
 */
export function itemTexts({ items, itemColumns }: Pick<Catalog, "items" | "itemColumns">): string[] {
  const { titles, categories, texts = {} } = itemColumns;
  const names = Object.keys(texts).sort();
  return Array.from({ length: items.size }, (_, item) => {
    const fields: [string, string | undefined][] = [
      ["title", titles?.[item]],
      ["category", categories?.[item]?.join(", ")],
      ...names.map((name): [string, string | undefined] => [name, texts[name]?.[item]]),
    ];
    return fields
      .map(([name, value]) => [name, value?.trim() ?? ""] as const)
      .filter(([, value]) => value !== "")
      .map(([name, value]) => `${name}: ${value}`)
      .join(" | ");
  });
}

/** A hash of some texts in their order. */
export function textsHash(texts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(texts)).digest("hex").slice(0, 32);
}
