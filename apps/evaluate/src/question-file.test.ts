import { listOf, queryBatch, raggedFrom } from "@sequitur/core";
import { splitInteractions, type EvaluationSet } from "@sequitur/data";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readQuestions, selectQuestions, writeQuestions } from "./question-file.js";
import { withValidation } from "./refit-data.js";
import { tinyInteractions } from "./tiny-data.fixture.js";

const set: EvaluationSet = {
  queries: {
    ...queryBatch([
      { user: 4, items: [1, 2, 3], times: [10, 20, 30], sessionStart: 1, now: 40 },
      { user: 5, items: [] },
      { user: 6, items: [7, 8], times: [5, 6], sessionStart: 2, now: 9 },
    ]),
    utcOffsetMinutes: Int16Array.of(60, 0, -120),
    latitudes: Float64Array.of(1.5, Number.NaN, 2.5),
    longitudes: Float64Array.of(0.5, Number.NaN, 3.5),
  },
  targets: raggedFrom([[9], [1, 2], [3]]),
  seen: raggedFrom([[1, 2, 3], [], [7, 8]]),
};

test("a file gives back what was written", async () => {
  const folder = await mkdtemp(join(tmpdir(), "questions-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, "q.safetensors");
  await writeQuestions(path, set);
  expect(await readQuestions(path)).toEqual(set);
});

test("a selection keeps each question whole, in the order asked", () => {
  const { queries, targets, seen } = selectQuestions(set, Int32Array.of(2, 0));
  expect([...queries.users]).toEqual([6, 4]);
  expect([...listOf(queries, 0)]).toEqual([7, 8]);
  expect([...queries.times]).toEqual([5, 6, 10, 20, 30]);
  expect([...queries.sessionStarts]).toEqual([2, 3]);
  expect([...queries.now]).toEqual([9, 40]);
  expect([...queries.utcOffsetMinutes!]).toEqual([-120, 60]);
  expect([...listOf(targets, 1)]).toEqual([9]);
  expect([...listOf(seen, 0)]).toEqual([7, 8]);
});

test("a selection holds nothing of the other questions, not even behind its arrays", () => {
  const { queries } = selectQuestions(set, Int32Array.of(1));
  expect(queries.items.buffer.byteLength).toBe(0);
  expect(queries.users.buffer.byteLength).toBe(4);
});

test("a refit adds exactly the validation answers to training, and no test answer", () => {
  const whole = tinyInteractions();
  const split = splitInteractions(whole, { kind: "leave-one-out", minInteractions: 3, history: "all" });
  const both = withValidation(whole, split);
  expect(both.size).toBe(split.train.size + split.validation.queries.size);
  for (let user = 0; user < whole.catalog.users.size; user++) {
    const from = whole.userOffsets[user]!;
    const to = whole.userOffsets[user + 1]! - 1;
    const own = both.items.subarray(both.userOffsets[user], both.userOffsets[user + 1]);
    expect([...own]).toEqual([...whole.items.subarray(from, to)]);
  }
});
