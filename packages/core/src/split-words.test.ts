import { expect, it } from "vitest";
import { splitWords } from "./split-words.js";

it("splits words without case, accents and signs, digits apart", () => {
  expect([...splitWords("Misérables, Les (1995) 2in1 — 漢字")]).toEqual([
    "miserables",
    "les",
    "1995",
    "2",
    "in",
    "1",
    "漢字",
  ]);
  expect([...splitWords("a-b!", true)]).toEqual(["a", "-", "b", "!"]);
  expect([...splitWords(" — ")]).toEqual([]);
});
