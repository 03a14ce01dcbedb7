import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PlatformError } from "../errors.js";
import { numbersOf, rowsThatPass, type FieldColumns } from "./evaluate-expression.js";
import type { FieldTypes } from "./expression.js";
import { fieldColumn, textColumn, textsColumn } from "./field-column.js";
import { parseExpression } from "./parse-expression.js";

const FIELDS: FieldTypes = {
  price: "number",
  stock: "number",
  in_stock: "boolean",
  brand: "text",
  title: "text",
  categories: "texts",
  "delivery days": "number",
  "user.country": "text",
};

const COLUMNS: FieldColumns = new Map([
  ["price", fieldColumn([5, 12, null, 9.5])],
  ["stock", fieldColumn([0, 3, 7, null])],
  ["in_stock", fieldColumn([true, false, null, true])],
  ["brand", textColumn(["Acme", "Zen", "Acme", null])],
  ["title", textColumn(["Red soap", "blue comb", "", "Soap dish"])],
  ["categories", textsColumn([["italian", "cheap"], ["thai"], [], ["italian"]])],
  ["delivery days", fieldColumn([1, 2, 3, 4])],
  ["user.country", textColumn(["Zen"])],
]);

function passing(text: string): number[] {
  const mask = rowsThatPass(parseExpression(text, FIELDS, "boolean"), COLUMNS, 4);
  return [...mask.keys()].filter((row) => mask[row] === 1);
}

/** The rows of an expression's answer; 4 as well for a clear refusal and for what is neither true, false nor a number. */
function lengthOr(text: string): number {
  try {
    const expression = parseExpression(text, FIELDS);
    if (expression.type === "boolean") return rowsThatPass(expression, COLUMNS, 4).length;
    return expression.type === "number" ? numbersOf(expression, COLUMNS, 4).length : 4;
  } catch (error) {
    if (error instanceof PlatformError && error.code === "bad-config") return 4;
    throw error;
  }
}

describe("an expression", () => {
  it.each<[string, number[]]>([
    ["price < 10", [0, 3]],
    ["price >= 9.5 and price <= 12", [1, 3]],
    ["price between 9 and 12", [1, 3]],
    ["price not between 9 and 12", [0]],
    ["not price < 10", [1]],
    ["price is null", [2]],
    ["price is not null and stock is not null", [0, 1]],
    ["price < 10 or stock > 5", [0, 2, 3]],
    ["in_stock", [0, 3]],
    ["not in_stock = false", [0, 3]],
    ["in_stock != true", [1]],
    ['brand = "Acme"', [0, 2]],
    ["brand != 'Acme'", [1]],
    ['brand in ("Zen", "Other")', [1]],
    ['brand not in ["Zen", "Other"]', [0, 2]],
    ["price in (5, 12.0)", [0, 1]],
    ['"italian" in categories', [0, 3]],
    ['categories contains "thai"', [1]],
    ['not "italian" in categories', [1]],
    ['"italian" not in categories', [1]],
    ["categories is null", [2]],
    ["size(categories) = 2", [0]],
    ['title contains "oap"', [0, 3]],
    ['lower(title) starts with "red"', [0]],
    ['title ends with "dish"', [3]],
    ["brand < title", [0, 1]],
    ["`delivery days` * 2 + 1 > 6", [2, 3]],
    ["price - stock * 2 = 6", [1]],
    ["-price < -9", [1, 3]],
    ["stock / 0 is null", [0, 1, 2, 3]],
    ["coalesce(stock, 100) > 6", [2, 3]],
    ['coalesce(brand, "none") = "none"', [3]],
    ["max(price, stock, 8) = 8", [0]],
    ["if in_stock then price < 6 else stock = 3", [0, 1]],
    ['(if in_stock then brand else "Zen") = "Zen"', [1]],
    ["brand = user.country", [1]],
    ["true and price < 10", [0, 3]],
    ["1_000 > 999", [0, 1, 2, 3]],
    ['date("2024-01-02") - date("2024-01-01") = 86400000', [0, 1, 2, 3]],
    ['price < 10 and "italian" in categories and not in_stock = false', [0, 3]],
  ])("%s", (text, rows) => expect(passing(text)).toEqual(rows));

  it("gives numbers, NaN where unknown", () => {
    const boost = parseExpression("if price < 10 then 1.5 else 1", FIELDS, "number");
    expect([...numbersOf(boost, COLUMNS, 4)]).toEqual([1.5, 1, Number.NaN, 1.5]);
    expect([...numbersOf(parseExpression("2 * 3", FIELDS, "number"), COLUMNS, 2)]).toEqual([6, 6]);
  });

  it("takes a field without a column as unknown", () => {
    const missing: FieldColumns = new Map();
    expect([...rowsThatPass(parseExpression("price < 10 or in_stock", FIELDS), missing, 2)]).toEqual([0, 0]);
    expect([...rowsThatPass(parseExpression("price is null", FIELDS), missing, 2)]).toEqual([1, 1]);
  });

  it.each([
    ["price <", /expected a value, a field or \(, got the end/],
    ["price < 10 price", /expected an operator .* got "price"/],
    ["prise < 10", /unknown field "prise"; did you mean price\?/],
    ["price < '10'", /cannot compare a number with a text/],
    ["price = null", /write is null/],
    ["in_stock > false", /have no order/],
    ["price and in_stock", /expected true or false, got a number/],
    ["brand + 1 = 2", /expected a number, got a text/],
    ["price", /expected true or false, got a number/],
    ["categories = 'a'", /cannot compare a list of texts with a text/],
    ["price in ('a')", /expected a number, got a text/],
    ["price in brand", /expected a list of texts/],
    ["price not 3", /expected in, between, contains/],
    ["brand = 'open", /closing '/],
    ["price ; 1", /unexpected ";"/],
    ["1.2.3 < 2", /expected a number, got/],
    ["9e999 > 1", /expected a number/],
    ["log(1, 2) > 0", /log takes one value, got 2/],
    ["date('soon') > 1", /ISO date/],
    ["", /got the end/],
    ["if in_stock then 1", /expected else/],
    ["__proto__ = 1", /unknown field "__proto__"/],
    ["constructor = 1", /unknown field "constructor"/],
    [`${"(".repeat(200)}price < 1`, /nested deeper/],
    ["x".repeat(5000), /at most 4000 characters/],
  ])("refuses %j and says where", (text, message) => {
    const parse = () => parseExpression(text, FIELDS, "boolean");
    expect(parse).toThrow(expect.objectContaining({ code: "bad-config" }));
    expect(parse).toThrow(message);
  });

  it("shows the place with a caret", () => {
    expect(() => parseExpression("price < 10 and prise > 2", FIELDS)).toThrow(
      /at character 16:\n {2}price < 10 and prise > 2\n {17}\^/,
    );
  });

  it("is quick with long chains and refuses nothing but what is wrong", () => {
    const chain = Array.from({ length: 200 }, (_, at) => `price = ${at}`).join(" or ");
    expect(passing(chain)).toEqual([0, 1]);
    expect(passing(`${"not ".repeat(900)}price < 10`)).toEqual([0, 3]);
  });

  it("survives any text: an expression or a clear error, never another exception", () => {
    const piece = fc.constantFrom(
      "price",
      "brand",
      "categories",
      "in_stock",
      "<",
      "=",
      "(",
      ")",
      "and",
      "or",
      "not",
      "in",
      '"a"',
      "1",
      "-",
      "*",
      "is",
      "null",
      ",",
      "if",
      "then",
      "else",
      "[",
      "]",
      "coalesce",
      "size",
      "`",
    );
    const typed = fc.oneof(
      fc.array(piece, { maxLength: 12 }).map((parts) => parts.join(" ")),
      fc.string(),
    );
    fc.assert(
      fc.property(typed, (text) => {
        expect(lengthOr(text)).toBe(4);
      }),
      { numRuns: 3000, seed: 7 },
    );
  });

  it("equals a slow reading of random logic, row by row", () => {
    type Logic = readonly [text: string, truth: (row: number) => boolean | null];
    const prices = [5, 12, null, 9.5];
    const stocked = [true, false, null, true];
    const leaf = fc.oneof(
      fc
        .integer({ min: 0, max: 15 })
        .map((bound): Logic => [`price < ${bound}`, (row) => (prices[row] === null ? null : prices[row]! < bound)]),
      fc.constant<Logic>(["in_stock", (row) => stocked[row]!]),
      fc.constant<Logic>(["price is null", (row) => prices[row] === null]),
    );
    const { logic } = fc.letrec<{ logic: Logic }>((tie) => ({
      logic: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        leaf,
        tie("logic").map(([text, truth]): Logic => [
          `not (${text})`,
          (row) => (truth(row) === null ? null : !truth(row)!),
        ]),
        fc
          .tuple(tie("logic"), tie("logic"))
          .map(([a, b]): Logic => [
            `(${a[0]}) and (${b[0]})`,
            (row) =>
              a[1](row) === false || b[1](row) === false
                ? false
                : a[1](row) === null || b[1](row) === null
                  ? null
                  : true,
          ]),
        fc
          .tuple(tie("logic"), tie("logic"))
          .map(([a, b]): Logic => [
            `(${a[0]}) or (${b[0]})`,
            (row) =>
              a[1](row) === true || b[1](row) === true ? true : a[1](row) === null || b[1](row) === null ? null : false,
          ]),
      ),
    }));
    fc.assert(
      fc.property(logic, ([text, truth]) => {
        expect(passing(text)).toEqual([0, 1, 2, 3].filter((row) => truth(row) === true));
      }),
      { numRuns: 500, seed: 11 },
    );
  });
});
