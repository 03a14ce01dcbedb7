import { sql } from "kysely";
import { beforeAll, describe, expect, it } from "vitest";
import { idTable, interactionsFrom, Random, type Interactions } from "@sequitur/core";
import {
  deleteItems,
  getItems,
  importInteractions,
  readCatalog,
  readInteractions,
  upsertItems,
  type Store,
} from "../index.js";
import { eachStore } from "../testing/index.js";

function data(size: number): Interactions {
  const random = new Random("import");
  const ids = (name: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${name} ${i}`);
  const latitudes = Float64Array.from({ length: 40 }, (_, i) => (i === 3 ? Number.NaN : i / 3));
  const catalog = {
    users: idTable(ids("user", 30)),
    items: idTable(ids("item", 40)),
    itemColumns: {
      titles: ids("title", 40),
      categories: ids("c", 40).map((name, i) => (i % 5 === 0 ? [] : ["all", name])),
      texts: { about: ids("about", 40) },
      latitudes,
      longitudes: latitudes.map((value) => -value),
      openingHours: ids("", 40).map(() => "24/7"),
      availableUntil: latitudes.map((value) => (value > 9 ? Date.UTC(2030, 0, 1) : Number.NaN)),
      attributes: {
        brand: ids("brand", 40).map((name, i) => (i % 4 === 0 ? null : name)),
        price: ids("", 40).map((_, i) => i / 4),
        vegan: ids("", 40).map((_, i) => (i % 3 === 0 ? null : i % 2 === 0)),
      },
    },
    userAttributes: { age: ids("", 30).map((_, i) => (i === 7 ? null : 20 + i)) },
  };
  const draw = (bound: number): Int32Array => Int32Array.from({ length: size }, () => random.integer(bound));
  return interactionsFrom(catalog, {
    users: draw(30),
    items: draw(40),
    times: Float64Array.from({ length: size }, () => Date.UTC(2012, random.integer(5), 1 + random.integer(3))),
    context: {
      weight: Float32Array.from({ length: size }, (_, i) => (i % 7 === 0 ? Number.NaN : i / 8)),
      utcOffsetMinutes: Int16Array.from({ length: size }, (_, i) => -(i % 3) * 60),
    },
  });
}

eachStore((engine) => {
  describe("importInteractions", () => {
    const log = data(5_000);
    let store: Store;
    beforeAll(async () => {
      store = await engine.open();
    });

    it("stops when told, goes on where it stopped, and adds each row once", async () => {
      const stop = new AbortController();
      const report = ({ done }: { done: number }): void => {
        if (done >= 2_000) stop.abort();
      };
      const options = { source: "town", batchRows: 1_000 };
      const stopped = importInteractions(store, log, { ...options, report, signal: stop.signal });
      await expect(stopped).rejects.toMatchObject({ code: "cancelled" });
      const { rows } = await sql<{ n: number }>`select count(*) as n from interactions`.execute(store.db);
      expect(rows[0]?.n).toBe(2_000);
      expect(await importInteractions(store, log, options)).toMatchObject({ rows: 5_000, added: 3_000 });
      expect(await importInteractions(store, log, options)).toMatchObject({ rows: 5_000, added: 0 });
      expect(await importInteractions(store, log, { ...options, resume: false })).toMatchObject({
        rows: 5_000,
        added: 0,
      });
    });

    it("gives back for training what was imported, to the bit", async () => {
      const back = await readInteractions(store);
      const text = ({ catalog, users, items, times, context }: Interactions): string[] =>
        Array.from(users, (user, row) =>
          [
            catalog.users.ids[user],
            catalog.items.ids[items[row]!],
            times[row],
            context.weight?.[row],
            context.utcOffsetMinutes?.[row],
          ].join(),
        ).sort();
      expect(text(back)).toEqual(text(log));
      expect(Object.keys(back.context)).toEqual(["weight", "kind", "utcOffsetMinutes"]);
      // One user's rows keep their order, ties of one instant too.
      const user = back.catalog.users.indexOf("user 7");
      const own = (x: Interactions, u: number): (string | undefined)[] =>
        [...x.items.subarray(x.userOffsets[u], x.userOffsets[u + 1])].map((item) => x.catalog.items.ids[item]);
      expect(own(back, user)).toEqual(own(log, 7));
    });

    it("keeps what is known of the items", async () => {
      const catalog = await readCatalog(store);
      const at = catalog.items.indexOf("item 4");
      expect(catalog.itemColumns.titles?.[at]).toBe("title 4");
      expect(catalog.itemColumns.categories?.[at]).toEqual(["all", "c 4"]);
      expect(catalog.itemColumns.texts?.["about"]?.[at]).toBe("about 4");
      expect(catalog.itemColumns.latitudes?.[at]).toBe(4 / 3);
      expect(catalog.itemColumns.latitudes?.[catalog.items.indexOf("item 3")]).toBeNaN();
      expect(catalog.itemColumns.timeZones).toBeUndefined();
      expect(catalog.itemColumns.availableFrom).toBeUndefined();
      const order = Array.from(catalog.items.ids, (id) => log.catalog.items.indexOf(id));
      const { attributes, availableUntil } = log.catalog.itemColumns;
      expect([...catalog.itemColumns.availableUntil!]).toEqual(order.map((item) => availableUntil![item]));
      for (const [name, values] of Object.entries(attributes!)) {
        expect(catalog.itemColumns.attributes?.[name]).toEqual(order.map((item) => values[item]));
      }
      const ages = log.catalog.userAttributes!["age"]!;
      const people = Array.from(catalog.users.ids, (id) => ages[log.catalog.users.indexOf(id)]);
      expect(catalog.userAttributes).toEqual({ age: people });
      expect((await getItems(store, ["item 0"])).get("item 0")).toMatchObject({ openingHours: "24/7", categories: [] });
    });
  });

  describe("importing the next day's version of a source", () => {
    const items = idTable(["chair", "table", "lamp", "shelf"]);
    const day = (rows: readonly (readonly [user: number, item: number, time: number])[], titles: string[]) => {
      const catalog = { users: idTable(["ann", "bob"]), items, itemColumns: { titles } };
      return interactionsFrom(catalog, {
        users: Int32Array.from(rows, ([user]) => user),
        items: Int32Array.from(rows, ([, item]) => item),
        times: Float64Array.from(rows, ([, , time]) => time),
        context: {},
      });
    };
    const at = Date.UTC(2024, 4, 1);
    const first = [
      [0, 0, at],
      [0, 1, at],
      [0, 1, at],
      [1, 2, at + 5],
    ] as const;
    const second = [[0, 3, at - 9], ...first, [1, 0, at + 9]] as const;
    const options = { source: "shop" };
    const titles = ["Chair", "Table", "Lamp", "Shelf"];
    let store: Store;
    beforeAll(async () => {
      store = await engine.open();
    });

    it("says what it would do, and does nothing, in a dry run", async () => {
      const planned = await importInteractions(store, day(first, titles), { ...options, dryRun: true });
      expect(planned).toEqual({ rows: 4, added: 4, items: { added: 4, updated: 0, unchanged: 0, kept: 0 } });
      expect((await readCatalog(store)).items.size).toBe(0);
      expect(await importInteractions(store, day(first, titles), options)).toEqual(planned);
    });

    it("adds the new rows only, wherever they stand", async () => {
      const planned = await importInteractions(store, day(second, titles), { ...options, dryRun: true });
      expect(planned).toMatchObject({ rows: 6, added: 2, items: { unchanged: 4 } });
      expect(await importInteractions(store, day(second, titles), options)).toEqual(planned);
      expect((await readInteractions(store)).size).toBe(6);
      expect(await importInteractions(store, day(second, titles), options)).toMatchObject({ added: 0 });
    });

    it("changes items of the file and keeps what the API wrote or deleted", async () => {
      await deleteItems(store, ["chair"]);
      await upsertItems(store, [{ itemId: "table", title: "Oak table", attributes: { price: 9 } }]);
      const changed = day(second, ["CHAIR", "TABLE", "LAMP", "Shelf"]);
      const { items: counts } = await importInteractions(store, changed, options);
      expect(counts).toEqual({ added: 0, updated: 1, unchanged: 1, kept: 2 });
      const stored = await getItems(store, items.ids);
      expect(stored.get("chair")).toMatchObject({ title: "Chair", deletedAt: expect.any(Number) });
      expect(stored.get("table")).toMatchObject({ title: "Oak table", attributes: { price: 9 } });
      expect(stored.get("lamp")?.title).toBe("LAMP");
    });

    it("takes the file's word over the API's when asked, field by field, but brings nothing deleted back", async () => {
      const changed = day(second, ["CHAIR", "TABLE", "LAMP", "Shelf"]);
      const { items: counts } = await importInteractions(store, changed, { ...options, overwriteItems: true });
      expect(counts).toEqual({ added: 0, updated: 1, unchanged: 2, kept: 1 });
      const stored = await getItems(store, items.ids);
      expect(stored.get("table")).toMatchObject({ title: "TABLE", attributes: { price: 9 } });
      expect(stored.get("chair")?.deletedAt).toBeDefined();
    });
  });
});
