import { eachStore } from "@sequitur/store/testing";
import { beforeAll, describe, expect, it } from "vitest";
import { testApi, type TestApi } from "./api.fixture.js";

const event = (eventId: string, userId: string, itemId: string) => ({ eventId, userId, itemId });

eachStore((engine) => {
  let api: TestApi;
  beforeAll(async () => {
    api = await testApi(await engine.open(), { unknownItems: "keep" });
    return () => api.serving.stop();
  });
  const shown = async (userId = "somebody"): Promise<string[]> => {
    await api.serving.sync();
    const { body } = await api.call("POST", "/v1/recommendations", { userId, k: 50, record: false });
    return body.items.map(({ itemId }: { itemId: string }) => itemId);
  };

  describe("items that only events name", () => {
    it("are kept and never recommended, until somebody describes them", async () => {
      const sent = await api.call("POST", "/v1/events", { events: [event("g1", "ann", "ghost")] });
      expect(sent.body).toMatchObject({ accepted: 1 });
      expect(await shown()).not.toContain("ghost");
      expect((await api.call("GET", "/v1/items/ghost")).body).toMatchObject({ inCatalog: false });
      expect((await api.call("GET", "/v1/items")).body.items).toEqual([]);
      expect((await api.call("GET", "/v1/items?all=true")).body.items).toHaveLength(1);
      expect((await api.call("PATCH", "/v1/items/ghost", { title: "A ghost" })).status).toBe(200);
      expect(await shown()).toContain("ghost");
    });

    it("are refused where the settings say so, row by row, as are users", async () => {
      const strict = await testApi(api.store, { unknownItems: "refuse", unknownUsers: "refuse" });
      const events = [event("r1", "ann", "ghost"), event("r2", "ann", "typo"), event("r3", "stranger", "ghost")];
      const { body } = await strict.call("POST", "/v1/events", { events });
      expect(body).toMatchObject({ accepted: 1, rejected: 2, errors: [{ row: 1 }, { row: 2 }] });
      expect(body.errors[0].message).toContain('"typo" is not in the catalogue');
      await strict.serving.stop();
    });
  });

  it("hides an item and shows it again, and forgets it when its time is over", async () => {
    await api.call("POST", "/v1/items", {
      items: [
        { itemId: "a", title: "A" },
        { itemId: "b", title: "B" },
      ],
    });
    expect(await shown()).toEqual(expect.arrayContaining(["a", "b"]));
    await api.call("PATCH", "/v1/items/a", { hidden: true });
    expect(await shown()).not.toContain("a");
    await api.call("PATCH", "/v1/items/a", { hidden: false, timeToLiveSeconds: 3600 });
    expect(await shown()).toContain("a");
    const { body } = await api.call("GET", "/v1/items/a");
    expect(Date.parse(body.availableUntil) - api.store.now()).toBeGreaterThan(3_500_000);
    const later = { k: 50, record: false, now: api.store.now() + 3_700_000 };
    const then = await api.call("POST", "/v1/recommendations", later);
    expect(then.body.items.map(({ itemId }: { itemId: string }) => itemId)).not.toContain("a");
    const both = { timeToLiveSeconds: 5, availableUntil: "2030-01-01T00:00:00Z" };
    expect((await api.call("PUT", "/v1/items/a", both)).status).toBe(400);
  });

  it("changes some fields and leaves the rest", async () => {
    const full = { title: "Shirt", categories: ["shirts"], attributes: { price: 9, size: "M" }, texts: { de: "Hemd" } };
    await api.call("PUT", "/v1/items/shirt", full);
    const patch = { attributes: { price: 8, size: null, colour: "red" }, categories: null, latitude: 1, longitude: 2 };
    expect((await api.call("PATCH", "/v1/items/shirt", patch)).status).toBe(200);
    const { body } = await api.call("GET", "/v1/items/shirt");
    expect(body).toMatchObject({ title: "Shirt", categories: [], texts: { de: "Hemd" }, latitude: 1 });
    expect(body.attributes).toEqual({ price: 8, colour: "red" });
    expect((await api.call("PATCH", "/v1/items/none", { title: "x" })).status).toBe(404);
    const half = await api.call("PATCH", "/v1/items/shirt", { latitude: null });
    expect(half).toMatchObject({ status: 400 });
    await api.call("PUT", "/v1/users/bo", { attributes: { city: "Ulm", age: 30 } });
    await api.call("PATCH", "/v1/users/bo", { attributes: { age: null } });
    expect((await api.call("GET", "/v1/users/bo")).body.attributes).toEqual({ city: "Ulm" });
    expect((await api.call("PATCH", "/v1/users/none", { attributes: {} })).status).toBe(404);
  });

  it("writes good rows of a batch and says what is wrong with the others", async () => {
    const items = [{ itemId: "row-1", title: "One" }, { itemId: "" }, { itemId: "row-3", price: 1 }, 7];
    const { body } = await api.call("POST", "/v1/items", { items });
    expect(body).toMatchObject({ written: 1, rejected: 3 });
    expect(body.errors.map(({ row }: { row: number }) => row)).toEqual([1, 2, 3]);
    expect(body.errors[1]).toMatchObject({ id: "row-3", message: expect.stringContaining('unknown key "price"') });
    const large = [{ itemId: "large", attributes: { blob: "x".repeat(20_000) } }];
    expect((await api.call("POST", "/v1/items", { items: large })).body).toMatchObject({ written: 0, rejected: 1 });
    const users = [{ userId: "cy", attributes: { vip: true } }, { userId: 3 }];
    expect((await api.call("POST", "/v1/users", { users })).body).toMatchObject({ written: 1, rejected: 1 });
    const merged = await api.call("POST", "/v1/users", { users: [{ userId: "cy" }, { userId: "dan" }], merge: true });
    expect(merged.body).toMatchObject({ written: 1, errors: [{ row: 1, id: "dan" }] });
    expect((await api.call("GET", "/v1/users/cy")).body.attributes).toEqual({ vip: true });
  });

  it("lists and searches, page by page without gaps or repeats", async () => {
    const items = Array.from({ length: 7 }, (_, n) => ({
      itemId: `page-${n}`,
      title: n % 2 === 0 ? "Blue velvet chair" : "Oak table",
      categories: ["furniture"],
    }));
    await api.call("POST", "/v1/items", { items });
    const seen: string[] = [];
    let cursor: string | null = "";
    do {
      const path: string = `/v1/items?category=furniture&limit=3${cursor === "" ? "" : `&cursor=${cursor}`}`;
      const { body } = await api.call("GET", path);
      seen.push(...body.items.map(({ itemId }: { itemId: string }) => itemId));
      cursor = body.nextCursor;
    } while (cursor !== null);
    expect(seen).toEqual(items.map(({ itemId }) => itemId));
    const found = await api.call("GET", "/v1/items?text=velvet%20chair");
    expect(found.body.items).toHaveLength(4);
    expect((await api.call("GET", "/v1/items?text=page-3")).body.items).toMatchObject([{ itemId: "page-3" }]);
    await api.call("PUT", "/v1/users/eve", { attributes: { city: "Bruges" } });
    expect((await api.call("GET", "/v1/users?text=bruges")).body.users).toMatchObject([{ userId: "eve" }]);
    expect((await api.call("GET", "/v1/items?cursor=bm9wZQ")).status).toBe(400);
    expect((await api.call("POST", "/v1/items/delete", { itemIds: ["page-0", "none"] })).body).toEqual({ deleted: 1 });
  });

  it("keeps an erased user out, whatever comes late, until somebody says that they are back", async () => {
    const odd = "../fay?x=1/ü";
    await api.call("POST", "/v1/events", { events: [event("f1", odd, "ghost"), event("f2", odd, "ghost")] });
    expect((await api.call("POST", "/v1/users/erase", { userId: odd })).body).toMatchObject({ erased: true });
    const late = await api.call("POST", "/v1/events", {
      events: [event("f3", odd, "ghost"), event("f4", "gus", "ghost")],
    });
    expect(late.body).toMatchObject({
      accepted: 1,
      rejected: 1,
      errors: [{ row: 0, message: expect.stringMatching(/erased/) }],
    });
    expect((await api.call("POST", "/v1/recommendations", { userId: odd })).status).toBe(200);
    expect((await api.call("GET", `/v1/users/${encodeURIComponent(odd)}`)).status).toBe(404);
    const path = `/v1/users/${encodeURIComponent(odd)}`;
    expect((await api.call("PUT", path, { attributes: {} })).status).toBe(200);
    const back = await api.call("POST", "/v1/events", { events: [event("f5", odd, "ghost")] });
    expect(back.body).toMatchObject({ accepted: 1 });
  });

  it("deletes an event for good, and gives what a visitor did to who they turn out to be", async () => {
    const events = [event("v1", "visitor", "a"), event("v2", "visitor", "b"), event("v3", "visitor", "ghost")];
    await api.call("POST", "/v1/events", { events });
    const gone = {
      events: [
        { userId: "visitor", eventId: "v3" },
        { userId: "visitor", itemId: "none" },
      ],
    };
    expect((await api.call("POST", "/v1/events/delete", gone)).body).toEqual({ deleted: 1, rows: [1, 0] });
    expect((await api.call("POST", "/v1/events", { events })).body).toMatchObject({ duplicates: 3 });
    expect((await api.call("POST", "/v1/events/delete", { events: [{ userId: "visitor" }] })).status).toBe(400);
    await api.call("PUT", "/v1/users/visitor", { attributes: { lang: "de", name: "?" } });
    await api.call("PUT", "/v1/users/hal", { attributes: { name: "Hal" } });
    const merged = await api.call("POST", "/v1/users/merge", { from: "visitor", into: "hal" });
    expect(merged).toMatchObject({ status: 200, body: { interactions: 2 } });
    expect((await api.call("GET", "/v1/users/visitor")).status).toBe(404);
    expect((await api.call("GET", "/v1/users/hal")).body.attributes).toEqual({ lang: "de", name: "Hal" });
    const seen = await api.call("POST", "/v1/recommendations", {
      userId: "hal",
      k: 50,
      excludeSeen: true,
      record: false,
    });
    const ids = seen.body.items.map(({ itemId }: { itemId: string }) => itemId);
    expect(ids).toContain("ghost");
    expect(ids).not.toContain("b");
    expect((await api.call("POST", "/v1/users/merge", { from: "nobody", into: "hal" })).status).toBe(404);
  });
});
