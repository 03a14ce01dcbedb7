import type { ModelInput } from "@sequitur/recommender";
import { describe, expect, it } from "vitest";
import { inputWords, shownInputs, unequalInputs } from "./shown-inputs.js";

const READER: ModelInput[] = ["own-history", "validation-item"];
const FACTORS: ModelInput[] = ["own-history"];

describe("shownInputs", () => {
  it.each([
    [READER, { laterHistory: true, refit: false }, READER],
    [READER, { laterHistory: false, refit: false }, ["own-history"]],
    [FACTORS, { laterHistory: true, refit: false }, ["own-history"]],
    [FACTORS, { laterHistory: false, refit: true }, READER],
    [[], { laterHistory: true, refit: true }, []],
    [null, { laterHistory: true, refit: true }, null],
  ])("gives of %j under %j: %j", (reads, protocol, shown) => {
    expect(shownInputs(reads, protocol)).toEqual(shown);
  });
});

describe("unequalInputs", () => {
  it.each<[ModelInput[] | null, ModelInput[] | null, ModelInput[]]>([
    [READER, READER, []],
    [READER, FACTORS, ["validation-item"]],
    [READER, [], []],
    [["own-history", "answer-time"], ["own-history"], ["answer-time"]],
    [["answer-time"], [...READER, "texts"], ["answer-time"]],
    [[...READER, "answer-time"], FACTORS, ["validation-item", "answer-time"]],
    [[...READER, "texts", "places", "times"], READER, []],
    [null, [...READER, "answer-time"], []],
  ])("names of %j and %j: %j, whichever comes first", (one, other, unequal) => {
    expect(unequalInputs(one, other)).toEqual(unequal);
    expect(unequalInputs(other, one)).toEqual(unequal);
  });
});

it("writes unknown and nothing as different words", () => {
  expect([null, [], ["own-history", "answer-time"] as const].map(inputWords)).toEqual([
    "unknown",
    "nothing",
    "own history, answer's time",
  ]);
});
