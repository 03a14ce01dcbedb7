import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { beforeAll, describe, expect, it } from "vitest";
import { Random } from "@sequitur/core";
import {
  activateModelVersion,
  appendEvents,
  assignArm,
  createApiKey,
  createExperiment,
  deleteItems,
  eraseUser,
  getItems,
  getUsers,
  hashArm,
  listApiKeys,
  listModelSlots,
  listModelVersions,
  listStandingVersions,
  readInteractions,
  readItems,
  readSlates,
  readVectors,
  recordFeedback,
  recordRequests,
  registerModelVersion,
  revokeApiKey,
  rollBackModelVersion,
  shadowModelVersion,
  upsertItems,
  upsertUsers,
  verifyApiKey,
  writeVectors,
  type RequestRecord,
  type Store,
} from "../index.js";
import { eachStore } from "../testing/index.js";
import { request, T0 } from "./request.fixture.js";

async function count(store: Store, table: string, where = sql`true`): Promise<number> {
  const { rows } = await sql<{ n: number }>`select count(*) as n from ${sql.table(table)} where ${where}`.execute(
    store.db,
  );
  return rows[0]!.n;
}

eachStore((engine) => {
  describe("serving", () => {
    let store: Store;
    let now = T0;
    beforeAll(async () => {
      store = await engine.open({ clock: () => now });
    });

    it("keeps users and items as they were written, replaces them whole, and revives deleted ones", async () => {
      await upsertUsers(store, [
        { userId: "ann", attributes: { vip: true } },
        { userId: "ann", attributes: { vip: [1, "ü", { a: null }] } },
      ]);
      expect((await getUsers(store, ["ann", "nobody"])).get("ann")?.attributes).toEqual({ vip: [1, "ü", { a: null }] });
      const full = {
        itemId: "cafe",
        title: 'Café "Zur Post", {1}\\',
        categories: ["food", "coffee, tea", 'a"b'],
        texts: { about: "x" },
        attributes: { price: 2 },
        latitude: 1.5,
        longitude: -2.25,
        openingHours: "Mo-Fr 08:00-18:00",
        timeZone: "Europe/Vienna",
        availableFrom: T0,
        availableUntil: T0 + 1,
      };
      await upsertItems(store, [full, { itemId: "park" }]);
      const made = { ...full, createdAt: T0, updatedAt: T0, inCatalog: true };
      expect((await getItems(store, ["cafe"])).get("cafe")).toEqual(made);
      now += 5;
      expect(await deleteItems(store, ["park", "nothing"])).toBe(1);
      expect(await deleteItems(store, ["park"])).toBe(0);
      const pages = async (updatedSince?: number): Promise<unknown[]> => {
        const ids: unknown[] = [];
        for await (const page of readItems(store, updatedSince === undefined ? {} : { updatedSince })) {
          ids.push(...page.map((item) => [item.itemId, item.deletedAt]));
        }
        return ids;
      };
      expect(await pages()).toEqual([
        ["cafe", undefined],
        ["park", now],
      ]);
      expect(await pages(now)).toEqual([["park", now]]);
      await upsertItems(store, [{ itemId: "park", title: "Park" }]);
      expect((await getItems(store, ["park"])).get("park")?.deletedAt).toBeUndefined();
    });

    it("refuses items and users that cannot be stored, naming the row", async () => {
      const bad = [
        { itemId: "" },
        { itemId: "x", latitude: 1 },
        { itemId: "x", latitude: 91, longitude: 0 },
        { itemId: "x", title: "a\0b" },
        { itemId: "x", attributes: { a: "\0" } },
        { itemId: "x", attributes: { a: "\ud800" } },
        { itemId: "x", availableFrom: 2, availableUntil: 1 },
      ];
      for (const item of bad) {
        await expect(upsertItems(store, [{ itemId: "ok" }, item])).rejects.toMatchObject({ code: "bad-data" });
      }
      await expect(upsertUsers(store, [{ userId: "a\0", attributes: {} }])).rejects.toThrow(/user 0/);
      expect((await getItems(store, ["ok"])).size).toBe(0);
      await upsertItems(store, [{ itemId: "fine", attributes: { a: "\\u0000 😀 \\ud800" } }]);
      expect((await getItems(store, ["fine"])).get("fine")?.attributes).toEqual({ a: "\\u0000 😀 \\ud800" });
    });

    it("records a request with its impressions once, and feedback on what it showed", async () => {
      const shown = request("bob", ["cafe", "park"], { context: { radiusKm: 2 } });
      await Promise.all([recordRequests(store, [shown, shown]), recordRequests(store, [shown])]);
      await recordRequests(store, [{ ...shown, kind: "other", impressions: [] }]);
      expect(await count(store, "requests")).toBe(1);
      expect(await count(store, "impressions")).toBe(2);
      const click = { feedbackId: "f1", requestId: shown.requestId, itemId: "cafe", kind: "click", time: T0 };
      const results = await recordFeedback(store, [
        click,
        click,
        { ...click, feedbackId: "f2", itemId: "bar" },
        { ...click, feedbackId: "f3", requestId: randomUUID() },
        { ...click, feedbackId: "f4", requestId: "1" },
        { ...click, feedbackId: "f5", value: Number.POSITIVE_INFINITY },
      ]);
      expect(results.map(({ status }) => status)).toEqual([
        "accepted",
        "duplicate",
        "rejected",
        "rejected",
        "rejected",
        "rejected",
      ]);
      expect((await recordFeedback(store, [click]))[0]?.status).toBe("duplicate");
    });

    it("gives back what was shown with what came of it, and to training what people reacted well to", async () => {
      const bea = request("bea", ["cafe", "park"], { time: T0 + 1_000, context: { radiusKm: 2 } });
      await recordRequests(store, [bea, request(undefined, ["bar"], { time: T0 + 2_000, kind: "next-poi" })]);
      const reaction = (feedbackId: string, itemId: string, kind: string, value: number, time: number) => ({
        feedbackId,
        requestId: bea.requestId,
        itemId,
        kind,
        value,
        time,
      });
      await recordFeedback(store, [
        reaction("bea1", "park", "click", 1, T0 + 3_000),
        reaction("bea2", "park", "dwell", 12.5, T0 + 9_000),
        reaction("bea3", "cafe", "click", 0, T0 + 4_000),
      ]);
      const [slate] = await readSlates(store, { from: T0 + 1_000, before: T0 + 2_000 });
      const impressions = bea.impressions.map((impression) => ({
        ...impression,
        feedback:
          impression.itemId === "cafe"
            ? [{ kind: "click", value: 0, time: T0 + 4_000 }]
            : [
                { kind: "click", value: 1, time: T0 + 3_000 },
                { kind: "dwell", value: 12.5, time: T0 + 9_000 },
              ],
      }));
      expect(slate).toEqual({ ...bea, impressions });
      expect(await readSlates(store, { from: T0 + 1_000, kinds: ["next-poi"] })).toMatchObject([{ kind: "next-poi" }]);

      const ofBea = async (feedback: readonly string[]): Promise<unknown[]> => {
        const { catalog, users, items, times } = await readInteractions(store, { feedback });
        const rows = [...users.keys()].filter((row) => catalog.users.ids[users[row]!] === "bea");
        return rows.map((row) => [catalog.items.ids[items[row]!], times[row]]);
      };
      expect(await ofBea([])).toEqual([]);
      expect(await ofBea(["click"])).toEqual([["park", T0 + 3_000]]);
      const told = { eventId: "told", userId: "bea", itemId: "park", time: T0 + 5_000 };
      await appendEvents(store, [told]);
      expect(await ofBea(["click", "visit"])).toEqual([["park", T0 + 5_000]]);
    });

    it("refuses requests that make no sense, whole", async () => {
      const exact = { propensityKind: "exact", propensity: 1 } as const;
      const impression = { itemId: "cafe", position: 0, policy: "top", ...exact };
      const bad: Partial<RequestRecord>[] = [
        { requestId: "7" },
        { time: Number.NaN },
        { impressions: [{ ...impression, propensity: 0 }] },
        { impressions: [{ ...impression, propensity: 1.01 }] },
        { impressions: [{ ...impression, conditional: Number.NaN }] },
        { impressions: [{ ...impression, standardError: -1 }] },
        { impressions: [{ ...impression, propensityKind: "unknown" }] },
        { impressions: [impression, impression] },
        { impressions: [{ ...impression, position: -1 }] },
        { impressions: [{ ...impression, score: 1e300 }] },
      ];
      const before = await count(store, "requests");
      for (const more of bad) {
        const requests = [request("bob", ["cafe"]), request("bob", ["cafe"], more)];
        await expect(recordRequests(store, requests)).rejects.toMatchObject({ code: "bad-data" });
      }
      expect(await count(store, "requests")).toBe(before);
    });

    it("numbers model versions, activates, rolls back like a stack, and shadows", async () => {
      const record = (digest: string) => ({
        model: "ease",
        digest,
        location: `/models/${digest}`,
        metrics: { ndcg: 0.5 },
      });
      const together = await Promise.all(
        ["a", "b", "c", "a"].map((digest) => registerModelVersion(store, record(digest))),
      );
      expect(new Set(together.map(({ version }) => version))).toEqual(new Set([1, 2, 3]));
      const [a, b, c] = together as [(typeof together)[0], (typeof together)[0], (typeof together)[0]];
      expect(together[3]).toEqual(a);
      const moved = await registerModelVersion(store, { ...record("a"), location: "elsewhere" });
      expect(moved).toEqual({ ...a, location: "elsewhere" });
      expect(await registerModelVersion(store, record("a"))).toEqual(a);
      await expect(activateModelVersion(store, 10_000)).rejects.toMatchObject({ code: "not-found" });
      for (const version of [a, b, c, c]) await activateModelVersion(store, version.versionId);
      expect((await rollBackModelVersion(store, c.versionId)).versionId).toBe(b.versionId);
      expect((await rollBackModelVersion(store, c.versionId)).versionId).toBe(b.versionId);
      await expect(rollBackModelVersion(store, a.versionId)).rejects.toMatchObject({ code: "bad-data" });
      expect((await rollBackModelVersion(store, b.versionId)).versionId).toBe(a.versionId);
      await expect(rollBackModelVersion(store, a.versionId)).rejects.toMatchObject({ code: "not-found" });
      for (const { versionId } of [b, a]) await activateModelVersion(store, versionId);
      const standing = await listStandingVersions(store, "default");
      expect(standing.map(({ versionId }) => versionId)).toEqual([a.versionId, b.versionId]);
      await activateModelVersion(store, c.versionId, { slot: "next-poi", reason: "better" });
      await shadowModelVersion(store, b.versionId);
      expect(await listModelSlots(store)).toEqual([
        { slot: "default", active: a, shadow: b },
        { slot: "next-poi", active: c },
      ]);
      await shadowModelVersion(store, undefined);
      expect((await listModelSlots(store))[0]).toEqual({ slot: "default", active: a });
      expect(await listModelVersions(store, "ease")).toHaveLength(3);
      expect(await listModelVersions(store, "gru")).toEqual([]);
    });

    it("keeps API keys as hashes, and knows revoked, expired and forged ones", async () => {
      const { key, secret } = await createApiKey(store, { name: "app", scopes: ["events"], expiresAt: now + 1_000 });
      expect(await verifyApiKey(store, secret)).toMatchObject({ keyId: key.keyId, scopes: ["events"] });
      const forged = secret.slice(0, -1) + (secret.endsWith("A") ? "B" : "A");
      for (const wrong of [forged, "", "sq_x", secret.toUpperCase(), `${secret} `]) {
        expect(await verifyApiKey(store, wrong)).toBeUndefined();
      }
      expect((await listApiKeys(store))[0]?.lastUsedAt).toBe(now);
      const { rows } = await sql`select row_to_json(api_keys)::text as text from api_keys`.execute(store.db);
      expect(JSON.stringify(rows)).not.toContain(secret.slice(20));
      now += 1_000;
      expect(await verifyApiKey(store, secret)).toBeUndefined();
      const other = await createApiKey(store, { name: "other", scopes: ["admin"] });
      expect(await revokeApiKey(store, other.key.keyId)).toBe(true);
      expect(await revokeApiKey(store, "nothing")).toBe(false);
      expect(await verifyApiKey(store, other.secret)).toBeUndefined();
    });

    it("keeps vectors to the bit, beside their version", async () => {
      const { versionId } = await registerModelVersion(store, { model: "bpr", digest: "v", location: "/v" });
      const data = Float32Array.of(0.1, -0, Number.NaN, 3e-39, 5, 6);
      await writeVectors(store, versionId, "item", { ids: ["park", "unknown", "cafe"], width: 2, data });
      const back = await readVectors(store, versionId, "item");
      expect(back.ids).toEqual(["cafe", "park"]);
      expect([...back.data]).toEqual([5, 6, data[0], data[1]]);
      await expect(writeVectors(store, versionId, "item", { ids: ["park"], width: 3, data })).rejects.toMatchObject({
        code: "bad-data",
      });
      expect(await readVectors(store, versionId, "user")).toEqual({ ids: [], width: 0, data: new Float32Array(0) });
    });

    it("erases a user from every table that has ever heard of them", async () => {
      const experiment = await createExperiment(store, {
        experimentId: "erase",
        arms: [
          { arm: "a", weight: 1 },
          { arm: "b", weight: 1 },
        ],
      });
      const { versionId } = await registerModelVersion(store, { model: "bpr", digest: "e", location: "/e" });
      await appendEvents(store, [{ eventId: "of eve", userId: "eve", itemId: "cafe", time: T0 }]);
      await assignArm(store, experiment, "eve");
      const shown = request("eve", ["cafe"], { context: { session: ["eve was here"] } });
      await recordRequests(store, [shown]);
      await recordFeedback(store, [
        { feedbackId: "e1", requestId: shown.requestId, itemId: "cafe", kind: "click", time: T0 },
      ]);
      await writeVectors(store, versionId, "user", { ids: ["eve"], width: 1, data: Float32Array.of(1) });
      const keys = await sql<{ key: number }>`select user_key as key from users where user_id = 'eve'`.execute(
        store.db,
      );
      expect(await eraseUser(store, "eve")).toEqual({
        interactions: 1,
        requests: 1,
        assignments: 1,
        vectors: 1,
        features: 0,
      });
      const tables = await sql<{ name: string }>`
        select table_name as name from information_schema.columns where table_schema = 'public' and column_name = 'user_key'
      `.execute(store.db);
      expect(tables.rows.length).toBeGreaterThan(4);
      for (const { name } of tables.rows) {
        const left = await count(store, name, sql`user_key = ${keys.rows[0]!.key}`);
        expect({ name, left }).toEqual({ name, left: 0 });
      }
      const left = sql`request_id = ${shown.requestId}::uuid`;
      expect(await count(store, "impressions", left)).toBe(1);
      expect(await count(store, "feedback", left)).toBe(1);
      expect(await count(store, "feedback", sql`feedback_id = 'e1'`)).toBe(0);
      expect(await count(store, "requests", sql`${left} and context is null`)).toBe(1);
      expect(await count(store, "event_keys", sql`event_key = event_key_of('of eve')`)).toBe(0);
    });
  });
});

describe("hashArm", () => {
  it("splits users by the weights, and apart under another salt", () => {
    const arms = [
      { arm: "a", weight: 3 },
      { arm: "b", weight: 1 },
    ];
    const random = new Random("arms");
    const ids = Array.from({ length: 20_000 }, () => `u${random.uint32()}`);
    const inA = (salt: string): boolean[] => ids.map((id) => hashArm({ salt, arms }, id).arm === "a");
    const one = inA("one");
    const two = inA("two");
    const share = one.filter(Boolean).length / ids.length;
    // Five standard errors of a share of 3/4.
    expect(Math.abs(share - 0.75)).toBeLessThan(5 * Math.sqrt(0.1875 / ids.length));
    const both = one.filter((a, i) => a && two[i]).length / ids.length;
    expect(Math.abs(both - 0.5625)).toBeLessThan(0.02);
  });
});
