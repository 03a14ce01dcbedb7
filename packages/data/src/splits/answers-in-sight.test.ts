import { listOf } from "@sequitur/core";
import { expect, test } from "vitest";
import { answersInSight } from "./answers-in-sight.js";
import { splitInteractions } from "./split-interactions.js";
import { interactionsOf, parse, randomInteractions, rowsOf } from "./splits.fixture.js";

test.each([
  { kind: "leave-one-out" },
  { kind: "temporal", ask: "first" },
  { kind: "temporal", ask: "set" },
  { kind: "ratio" },
  { kind: "next-basket" },
  { kind: "unseen-users" },
])("nothing of the answers of %j is in sight, by a search through all that is handed out", (config) => {
  const whole = interactionsOf([...new Map(rowsOf(randomInteractions(5)).map((row) => [String(row), row])).values()]);
  const split = splitInteractions(whole, parse(config));
  expect(answersInSight(split)).toBe(0);
  const { queries, targets } = split.test;
  const handedOut = new Set(rowsOf(split.train).map(String));
  for (const set of [split.validation, split.test]) {
    for (let b = 0; b < set.queries.size; b++) {
      for (let at = set.queries.offsets[b]!; at < set.queries.offsets[b + 1]!; at++) {
        handedOut.add(String([set.queries.users[b], set.queries.items[at], set.queries.times[at]]));
      }
    }
  }
  const answers = rowsOf(whole).filter(([user, item, time]) => {
    const b = queries.users.indexOf(user);
    return b >= 0 && time >= (split.test.answeredFrom ?? queries.now)[b]! && listOf(targets, b).includes(item);
  });
  expect(answers.length).toBeGreaterThan(0);
  expect(answers.filter((row) => handedOut.has(String(row)))).toEqual([]);
});

test("the history of a user's next question gives the answer away", () => {
  const whole = interactionsOf([
    [0, 0, 0],
    [1, 3, 1],
    [1, 4, 7],
    [0, 1, 8],
    [0, 2, 9],
    [0, 4, 10],
  ]);
  const split = splitInteractions(whole, parse({ kind: "temporal", validationFrom: 0.3, testFrom: 0.6 }));
  expect(split.test.queries.size).toBe(3);
  expect(answersInSight(split)).toBe(2);
});
