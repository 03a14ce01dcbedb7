import { expect, it } from "vitest";
import { attributeColumns } from "./attribute-columns.js";

it("makes columns of one type each", () => {
  const rows = [
    { price: 3, vegan: true, tags: ["a", "b"], size: 7, nested: { a: 1 } },
    { price: null, tags: [], size: "XL" },
    { price: 2.5, vegan: false },
  ];
  expect(attributeColumns(rows)).toEqual({
    price: [3, null, 2.5],
    size: ["7", "XL", null],
    tags: ["a, b", null, null],
    vegan: [true, null, false],
  });
  expect(attributeColumns([{}, { nested: {}, none: null }])).toBeUndefined();
});
