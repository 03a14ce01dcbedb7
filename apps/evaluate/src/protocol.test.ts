import { interactionsFrom } from "@sequitur/core";
import { expect, test } from "vitest";
import type { EvaluateParts } from "./evaluate.js";
import { evaluateTiny, modelOf, planted, reportFolder } from "./evaluate.fixture.js";
import type { Experiment } from "./experiment.js";
import type { Report } from "./report.js";
import { tinyInteractions, tinySource } from "./tiny-data.fixture.js";

async function run(experiment: Experiment, parts: Partial<EvaluateParts> = {}): Promise<Report> {
  return evaluateTiny(experiment, { out: await reportFolder() }, parts);
}

test("the table says what training knows of the time after the questions", async () => {
  const { protocol } = await run(planted(["constant"]));
  // Each of 30 users asks last at 9,000,000 + user: 8 training events a user, all of them earlier.
  expect(protocol.leakage).toEqual({ questions: 30, withLaterTraining: 0, withOwnLaterTraining: 0, laterShare: 0 });
  expect(protocol.summary).toContain("no training later than a question");
  const shifted = tinyInteractions();
  const times = shifted.times.map((time, row) => time + 7_000_000 * (shifted.users[row]! % 2));
  const source = { ...tinySource(), interactions: interactionsFrom(shifted.catalog, { ...shifted, times }) };
  const later = await run(planted(["constant"]), { openData: async () => source });
  expect(later.protocol.leakage).toMatchObject({ questions: 30, withLaterTraining: 15, withOwnLaterTraining: 0 });
  expect(later.protocol.summary).toMatch(/TRAINED ON LATER EVENTS: 15 of 30 questions are older than some of training/);
  expect(later.protocol.notes).toContainEqual(expect.stringContaining("(--split temporal)"));
});

test("an event that is logged three times is asked for once, and no model finds it in its history", async () => {
  const once = tinyInteractions();
  const thrice = <T extends Int32Array | Float64Array>(column: T): T => {
    const Column = column.constructor as new (values: ArrayLike<number>) => T;
    return new Column(Array.from({ length: 3 * column.length }, (_, i) => column[Math.floor(i / 3)]!));
  };
  const columns = { users: thrice(once.users), items: thrice(once.items), times: thrice(once.times) };
  const source = { ...tinySource(), interactions: interactionsFrom(once.catalog, { ...columns, context: {} }) };
  const names = ["follower", "constant"];
  const plain = await run(planted(names));
  const copied = await run(planted(names), { openData: async () => source });
  const remedy = await run(planted(names, { filters: [{ kind: "deduplicate" }] }), { openData: async () => source });
  expect(modelOf(remedy, "follower").metrics).toEqual(modelOf(plain, "follower").metrics);
  const hits = (report: Report) => modelOf(report, "follower").metrics["hit@5"]!.mean;
  expect(hits(copied)).toBeLessThan(hits(plain) + 1e-12);
  expect(copied.protocol.notes).toContainEqual(expect.stringMatching(/^DUPLICATES: 600 of 900 rows .*deduplicate/));
});

test("every split reaches a leaderboard, and a random one says that it knows the own user's future", async () => {
  for (const kind of ["rolling", "next-basket", "unseen-users", "random"]) {
    const split = {
      kind,
      ...(kind === "next-basket" && { basket: "instant" }),
    };
    const report = await run(planted(["follower", "constant"], { split }));
    expect(report.best).not.toBeNull();
    const own = report.protocol.notes.filter((note) =>
      note.includes("models of the order of events see the user's future"),
    );
    expect(own).toHaveLength(kind === "random" ? 1 : 0);
  }
  const refit = planted(["constant"], { split: "random", tune: { trials: 1, refit: true } });
  await expect(run(refit)).rejects.toThrow("tune.refit needs a split in order of time, got random");
});
