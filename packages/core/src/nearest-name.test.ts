import { expect, test } from "vitest";
import { nearestName } from "./nearest-name.js";

const names = ["models", "metric", "metrics", "item-knn", "maxQueries", "k"];

test.each([
  ["modles", "models"],
  ["MODELS", "models"],
  ["metrix", "metric"],
  ["item_knn", "item-knn"],
  ["Item KNN", "item-knn"],
  ["maxqueries", "maxQueries"],
  ["max-queries", "maxQueries"],
])("%s most likely meant %s", (typed, meant) => expect(nearestName(typed, names)).toBe(meant));

test.each(["", "x", "transformer", "__proto__"])("nothing is near %j", (typed) => {
  expect(nearestName(typed, names)).toBeUndefined();
});

test("of equally near names the first is taken, and of no names none", () => {
  expect(nearestName("abcx", ["abca", "abcb"])).toBe("abca");
  expect(nearestName("a", [])).toBeUndefined();
});
