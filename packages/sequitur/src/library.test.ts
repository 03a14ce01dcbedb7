import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { z } from "zod";
import { evaluate, fit, load, readTable, recommend, save, split, type Recommender, type Row } from "./index.js";

/** Three rings of ten items; user u walks through ring u % 3, one item a day. */
const rows: readonly Row[] = Array.from({ length: 300 }, (_, row) => {
  const [user, step] = [row % 30, Math.floor(row / 30)];
  return {
    who: `u${user}`,
    what: `${user % 3}-${(user + step) % 10}`,
    when: new Date(step * 86_400_000),
    name: `N${step}`,
  };
});
const columns = { user: "who", item: "what", time: "when" };

/** Likes the newest item of the history. */
const echo: Recommender<Record<string, never>> = {
  name: "echo",
  config: z.strictObject({}),
  async fit(train) {
    return this.load({ model: "echo", config: {}, catalog: train.catalog, tensors: new Map() });
  },
  load(artifact) {
    const { catalog } = artifact;
    return {
      name: "echo",
      catalog,
      save: () => artifact,
      score: ({ size, offsets, items }, candidates) => {
        const columns = candidates ?? Int32Array.from(catalog.items.ids.keys());
        const last = (at: number): number | undefined => items[offsets[Math.floor(at / columns.length) + 1]! - 1];
        return Float32Array.from({ length: size * columns.length }, (_, at) =>
          columns[at % columns.length] === last(at) ? 1 : 0,
        );
      },
    };
  },
};

describe("readTable", () => {
  it("reads rows in memory as it reads a file of the same rows", async () => {
    const table = await readTable(rows, { ...columns, title: "name" }, { name: "rings" });
    expect(table.interactions).toMatchObject({ size: 300, catalog: { users: { size: 30 }, items: { size: 30 } } });
    expect(table.interactions.catalog.itemColumns.titles?.[0]).toBe("N0");
    expect(table.interactions.times.subarray(0, 2)).toEqual(Float64Array.of(0, 86_400_000));
  });

  it("takes the order of rows without times as an order, not as instants", async () => {
    const table = await readTable(rows.map(({ who, what }) => ({ user: who, item: what })));
    expect(table.interactions.catalog.timesAre).toBe("order");
    expect(() => split(table, { kind: "temporal", testFrom: 0.9 })).toThrow(/needs times/);
  });

  it.each([
    [[{ user: "a", item: "b", time: "yesterday" }], /row 0: time must be ms since the epoch, .*got "yesterday"/],
    [[{ user: "a", item: "b", time: "2024-01-01T10:00" }], /row 0: time must be/],
    [[{ user: "a", item: null, time: 1 }], /row 0: item must be an id .*got null/],
    [[{ user: Number.NaN, item: "b", time: 1 }], /row 0: user must be an id/],
    [[], /expected rows or files, got an empty array/],
  ])("refuses %j", async (bad, message) => {
    await expect(readTable(bad as Row[])).rejects.toThrow(message);
  });

  it("refuses columns that rows in memory do not have", async () => {
    await expect(readTable(rows, { ...columns, latitude: "lat" })).rejects.toThrow(/got latitude/);
  });
});

describe("fit and recommend", () => {
  it("recommends by a table, by a list of items, and for nobody, the same after save and load", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sequitur-library-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const table = await readTable(rows, columns);
    const model = await fit("markov", table);
    const byTable = recommend(model, { user: "u0", history: table }, { k: 3 });
    expect(byTable[0]!.item).toBe("0-0");
    expect(recommend(model, { history: ["2-4"] }, { k: 1 })[0]!.item).toBe("2-5");
    expect(recommend(model, { history: ["2-4", "not known"] }, { k: 1 })[0]!.item).toBe("2-5");
    expect(recommend(model, { history: ["2-4"] }, { candidates: ["2-6", "2-5"], k: 5 })).toHaveLength(2);
    expect(recommend(model, { user: "u0", history: table }, { k: 30, excludeSeen: true })).toHaveLength(20);
    await save(model, join(folder, "m"));
    expect(recommend(await load(join(folder, "m")), { user: "u0", history: table }, { k: 3 })).toEqual(byTable);
  });

  it("gives the validation part of a split to the fit, and reloads a recommender of one's own", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sequitur-library-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const seen = vi.spyOn(echo, "fit");
    const parts = split(await readTable(rows, columns));
    const model = await fit(echo, parts);
    const [train, , run] = seen.mock.calls[0]!;
    expect(train).toBe(parts.train);
    // The next item of a ring is never the last one.
    expect(await run.validate!(model)).toBeLessThan(0.5);
    await save(model, join(folder, "m"));
    await expect(load(join(folder, "m"))).rejects.toThrow(/no model is called "echo"/);
    expect(recommend(await load(join(folder, "m"), [echo]), { history: ["1-3"] }, { k: 1 })[0]!.item).toBe("1-3");
  });

  it("names a config field that the model does not have", async () => {
    await expect(fit("markov", await readTable(rows, columns), { config: { lamda: 1 } })).rejects.toMatchObject({
      code: "bad-config",
    });
  });
});

it("evaluates what is in memory, one's own model beside built-in ones", async () => {
  const table = await readTable(rows, columns, { name: "rings", revisits: true });
  const report = await evaluate(table, { models: ["popularity", "markov", echo], metrics: ["ndcg"], k: [5, 10] });
  expect(report.models.map(({ label, error }) => [label, error])).toEqual(
    expect.arrayContaining([
      ["markov", null],
      ["echo", null],
    ]),
  );
  expect(report.text()).toMatch(/^markov .*best/m);
  await expect(evaluate(table, { models: ["eccho"] })).rejects.toThrow(/no model is called "eccho"/);
});
