import { eachStore } from "@sequitur/store/testing";
import { beforeAll, expect, it } from "vitest";
import { circleEvents, testApi, type TestApi } from "./api.fixture.js";

const START = Date.UTC(2026, 0, 5);

eachStore((engine) => {
  let api: TestApi;
  beforeAll(async () => {
    api = await testApi(await engine.open());
    await api.call("POST", "/v1/events", { events: circleEvents(12, 6, 10, START) });
    // i0 is chosen most often, then i4 and i3; the factor of a boost is on the distance to the lowest score.
    const more = ["i0", "i0", "i0", "i4", "i4", "i3"].map((itemId, at) => ({
      eventId: `more-${at}`,
      userId: `v${at}`,
      itemId,
      time: START + at,
    }));
    await api.call("POST", "/v1/events", { events: more });
    const items = [0, 1, 2, 3, 4, 5].map((at) => ({
      itemId: `i${at}`,
      categories: at % 2 === 0 ? ["even"] : ["odd"],
      attributes: { price: 10 * at, ...(at < 4 && { in_stock: at !== 2 }) },
    }));
    await api.call("POST", "/v1/items", { items });
    await api.serving.sync();
    await api.serve(await api.fit("popularity"), "popular");
    return () => api.serving.stop();
  });

  async function idsOf(body: Record<string, unknown>): Promise<string[]> {
    const { status, body: answer } = await api.call("POST", "/v1/recommendations", { k: 6, ...body });
    expect(status).toBe(200);
    return (answer.items as { readonly itemId: string }[]).map(({ itemId }) => itemId);
  }

  it("filters on attributes, in every stage of the chain", async () => {
    expect((await idsOf({ filter: { where: "price < 30 and not in_stock = false" } })).toSorted()).toEqual([
      "i0",
      "i1",
    ]);
    expect((await idsOf({ filter: { where: '"even" in categories or price = 50' } })).toSorted()).toEqual([
      "i0",
      "i2",
      "i4",
      "i5",
    ]);
    expect(await idsOf({ filter: { where: "price > 1000" } })).toEqual([]);
  });

  it("boosts what an expression means, by a factor of each item's own", async () => {
    const boosts = [{ where: 'itemId = "i3"', factor: 100 }];
    expect((await idsOf({ rules: { boosts: [{ factor: "if price = 40 then 100 else 1" }] } }))[0]).toBe("i4");
    expect((await idsOf({ rules: { boosts } }))[0]).toBe("i3");
  });

  it("reads attributes of the asker, which are unknown of nobody", async () => {
    await api.call("PUT", "/v1/users/u1", { attributes: { budget: 25, likes: ["even"], vip: true } });
    await api.call("PUT", "/v1/users/u2", { attributes: { budget: 35, tier: "gold" } });
    const affordable = { filter: { where: "price <= user.budget" } };
    expect((await idsOf({ userId: "u1", ...affordable })).toSorted()).toEqual(["i0", "i1", "i2"]);
    expect((await idsOf({ userId: "u2", ...affordable })).toSorted()).toEqual(["i0", "i1", "i2", "i3"]);
    expect(await idsOf(affordable)).toEqual([]);
    expect(await idsOf({ filter: { where: "price <= coalesce(user.budget, 5)" } })).toEqual(["i0"]);
    expect(await idsOf({ userId: "u1", filter: { where: "price = 30 and user.tier is null" } })).toEqual(["i3"]);
    const boosts = [{ where: "itemId = 'i3' and user.vip", factor: "if user.budget > 20 then 100 else 1" }];
    expect((await idsOf({ userId: "u1", rules: { boosts } }))[0]).toBe("i3");
    expect((await idsOf({ userId: "u2", rules: { boosts } }))[0]).toBe("i0");
    const slate = await api.call("POST", "/v1/slates", {
      userId: "u1",
      k: 2,
      filter: { where: "user.budget = price + 5" },
    });
    expect(slate.body.items).toMatchObject([{ itemId: "i2" }]);
    const both = { requests: ["u1", "u2"].map((userId) => ({ userId, k: 9, ...affordable })) };
    const { body } = await api.call("POST", "/v1/recommendations/batch", both);
    expect(body.results?.map?.(({ items }: { items: unknown[] }) => items.length)).toEqual([3, 4]);
  });

  it("follows an item's change at once", async () => {
    const where = "price = 999";
    expect(await idsOf({ filter: { where } })).toEqual([]);
    await api.call("POST", "/v1/items", { items: [{ itemId: "i5", attributes: { price: 999 } }] });
    expect(await idsOf({ filter: { where } })).toEqual(["i5"]);
  });

  it("refuses what it cannot read, with the place, the fields and the nearest name", async () => {
    for (const body of [
      { filter: { where: "prise < 10" } },
      { rules: { boosts: [{ where: "prise < 10", factor: 2 }] } },
    ]) {
      const { status, body: answer } = await api.call("POST", "/v1/recommendations", { k: 3, ...body });
      expect(status).toBe(400);
      expect(answer.error.message).toMatch(/unknown field "prise"; did you mean price\?.*in_stock/s);
    }
    const { body } = await api.call("POST", "/v1/recommendations", { filter: { where: "price < user.bugdet" } });
    expect(body.error.message).toMatch(/unknown field "user.bugdet"; did you mean user.budget\?/);
  });
});
