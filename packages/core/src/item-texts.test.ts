import { describe, expect, it } from "vitest";
import type { Catalog } from "./catalog.js";
import { idTable } from "./id-table.js";
import { itemFields, itemTexts } from "./item-texts.js";

describe("item texts", () => {
  const items = idTable(["a", "b", "c"]);
  const texts = (itemColumns: Catalog["itemColumns"]): string[] => itemTexts({ items, itemColumns });
  const columns = {
    titles: ["Soap", " ", ""],
    categories: [["Bath", "Soaps"], [], ["Hair"]],
    texts: { colour: ["red", "", ""], brand: ["Acme", "Bolt", ""] },
  };

  it("name their fields in a fixed order and leave out empty ones", () => {
    expect(texts(columns)).toEqual([
      "title: Soap | category: Bath, Soaps | brand: Acme | colour: red",
      "brand: Bolt",
      "category: Hair",
    ]);
    const { brand, colour } = columns.texts;
    expect(texts({ ...columns, texts: { brand, colour } })).toEqual(texts(columns));
    expect(texts({})).toEqual(["", "", ""]);
  });

  it("count attributes that are texts, where no text has their name", () => {
    const attributes = { price: [1, 2, null], origin: ["Rome", null, null], brand: ["Other", "Other", "Other"] };
    expect(texts({ ...columns, attributes })).toEqual([
      "title: Soap | category: Bath, Soaps | brand: Acme | colour: red | origin: Rome",
      "brand: Bolt",
      "category: Hair",
    ]);
  });

  it("come field by field as well", () => {
    const soap = [
      ["title", "Soap"],
      ["category", "Bath, Soaps"],
      ["brand", "Acme"],
      ["colour", "red"],
    ];
    expect(itemFields({ items, itemColumns: columns })).toEqual([soap, [["brand", "Bolt"]], [["category", "Hair"]]]);
    expect(itemFields({ items, itemColumns: {} })).toEqual([[], [], []]);
  });
});
