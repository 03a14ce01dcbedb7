import { expect, test } from "vitest";
import { textTable } from "./text-table.js";

test("columns line up, the last is cut to the width, and nothing steers the terminal", () => {
  const table = textTable(
    [
      ["name", "title"],
      ["a\u001B[2J", "a long title that goes on"],
    ],
    20,
  );
  expect(table).toBe("name   title\na [2J  a long title…\n");
  expect(textTable([], 20)).toBe("");
});
