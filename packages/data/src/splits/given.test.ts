import { applySignals, parseSignals, type Interactions } from "@sequitur/core";
import { describe, expect, it } from "vitest";
import { leakageOf } from "./leakage.js";
import { splitInteractions } from "./split-interactions.js";
import { distinct, HOUR, interactionsOf, parse, plain, randomInteractions, rowsOf } from "./splits.fixture.js";

/** Parts by a rule of the row, whatever its time. */
function withParts(whole: Interactions, partOf: (row: number) => number): Interactions {
  const part = Int8Array.from({ length: whole.size }, (_, row) => partOf(row));
  return { ...whole, context: { ...whole.context, part } };
}

describe("the data's own parts", () => {
  it("are training, histories and answers as a slow second implementation has them", () => {
    const whole = withParts(randomInteractions(3), (row) => [0, 0, 0, 1, 2][row % 5]!);
    const rows = rowsOf(whole).map((row, at) => ({ row, part: whole.context.part![at]! }));
    const first = new Map<string, number>();
    rows.forEach(({ row }, at) => first.has(String(row)) || first.set(String(row), at));
    const events = rows.filter(({ row }, at) => first.get(String(row)) === at);
    for (const history of ["all", "train"] as const) {
      const split = splitInteractions(whole, parse({ kind: "given", history }));
      const known = history === "all" ? [0, 1] : [0];
      const expected = distinct(whole.users as unknown as number[]).flatMap((user) => {
        const own = events.filter(({ row }) => row[0] === user);
        const answers = own.filter(({ part }) => part === 2).map(({ row }) => row);
        const before = own.filter(({ part }) => known.includes(part)).map(({ row }) => row);
        if (answers.length === 0) return [];
        const now = Math.max(answers[0]![2], before.at(-1)?.[2] ?? -Infinity);
        const history = before.map((row) => row[1]);
        return [{ user, history, now, targets: distinct(answers.map((row) => row[1])), seen: distinct(history) }];
      });
      expect(plain(split.test).map((one) => ({ ...one, targets: distinct(one.targets) }))).toEqual(expected);
      expect(new Set(rowsOf(split.train).map(String))).toEqual(
        new Set(events.filter(({ part }) => part === 0).map(({ row }) => String(row))),
      );
    }
  });

  it("ask for each event of the test with the earlier ones known, and do without validation", () => {
    const whole = interactionsOf([
      [0, 0, 1],
      [0, 1, 2],
      [0, 2, 3],
      [1, 3, 4],
      [1, 2, 5],
    ]);
    const split = splitInteractions(
      withParts(whole, (row) => [0, 2, 2, 2, 2][row]!),
      parse({ kind: "given", ask: "each" }),
    );
    expect(split.validation.queries.size).toBe(0);
    expect(plain(split.test).map(({ user, history, targets }) => [user, history, targets])).toEqual([
      [0, [0], [1]],
      [0, [0, 1], [2]],
      [1, [], [3]],
      [1, [3], [2]],
    ]);
  });

  it("have their leaks counted: none where the test is later, the own future where it was drawn at random", () => {
    const rows = Array.from({ length: 40 }, (_, i) => [i % 4, (i * 7) % 10, i * HOUR] as const);
    const byTime = withParts(interactionsOf(rows), () => 0);
    const later = { ...byTime, context: { part: Int8Array.from(byTime.times, (time) => (time >= 30 * HOUR ? 2 : 0)) } };
    expect(leakageOf(splitInteractions(later, parse({ kind: "given" }))).withLaterTraining).toBe(0);
    const drawn = withParts(interactionsOf(rows), (row) => (row % 10 === 3 ? 2 : 0));
    expect(leakageOf(splitInteractions(drawn, parse({ kind: "given" })))).toMatchObject({
      questions: 4,
      withLaterTraining: 4,
      withOwnLaterTraining: 4,
    });
  });

  it("keep negatives in the part that they come in", () => {
    const whole = interactionsOf([
      [0, 0, 1],
      [0, 1, 2],
      [0, 2, 3],
      [0, 3, 4],
    ]);
    const kinds = { ...whole.catalog, kinds: ["click", "dislike"] };
    const raw = { ...withParts({ ...whole, catalog: kinds }, (row) => [0, 0, 2, 2][row]!) };
    const kind = Int32Array.of(0, 1, 1, 0);
    const heard = applySignals({ ...raw, context: { ...raw.context, kind } }, parseSignals("click=1,dislike=negative"));
    const split = splitInteractions(heard, parse({ kind: "given" }));
    expect([...split.train.items]).toEqual([0, 1]);
    expect(plain(split.test)).toMatchObject([{ history: [0, 1, 2], targets: [3] }]);
  });

  it("need parts", () => {
    expect(() => splitInteractions(randomInteractions(1), parse({ kind: "given" }))).toThrow("--validation, --test");
  });
});
