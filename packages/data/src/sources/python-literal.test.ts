import { expect, test } from "vitest";
import { parsePythonLiteral } from "./python-literal.js";

test("reads what Python prints", () => {
  const text = `{'asin': '0001', 'title': "It's", 'price': 9.5, 'n': -3, 'x': None, 'ok': True, 'categories': [['A', u'B']], 'pair': (1, 2,), 'e': {}}`;
  expect(parsePythonLiteral(text)).toEqual({
    asin: "0001",
    title: "It's",
    price: 9.5,
    n: -3,
    x: null,
    ok: true,
    categories: [["A", "B"]],
    pair: [1, 2],
    e: {},
  });
});

test("escapes stand for their characters", () => {
  expect(parsePythonLiteral(String.raw`'a\'b\\c\n\x41\u00e9\q'`)).toBe("a'b\\c\nAé\\q");
});

test("what is no literal is undefined", () => {
  for (const text of [
    "",
    "{",
    "{'a': }",
    "{'a' 1}",
    "['a' 'b']",
    "'open",
    "open('x')",
    "{'a': 1} tail",
    "{1: 2}",
    String.raw`'\x4'`,
  ]) {
    expect(parsePythonLiteral(text)).toBeUndefined();
  }
});
