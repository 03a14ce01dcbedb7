import { createApiKey, revokeApiKey, type Store } from "@sequitur/store";
import { eachStore } from "@sequitur/store/testing";
import { beforeAll, expect, it } from "vitest";
import { SCOPES } from "./http/principal.js";
import { testApi, type TestApi } from "./api.fixture.js";

const START = Date.UTC(2026, 0, 5);
const HOUR_MS = 3_600_000;
const ITEM = JSON.stringify({ title: "t" });

eachStore((engine) => {
  let now = START;
  let store: Store;
  let api: TestApi;
  beforeAll(async () => {
    store = await engine.open({ clock: () => now });
    api = await testApi(store);
    return () => api.serving.stop();
  });

  const send = async (method: string, path: string, headers: Record<string, string>, body?: string) =>
    api.app.request(path, {
      method,
      headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
      ...(body !== undefined && { body }),
    });

  /** Signs in; the cookie and the token that go with it. */
  async function signIn(key: string, headers: Record<string, string> = {}) {
    const response = await send("POST", "/session", headers, JSON.stringify({ key }));
    const told = (await response.json()) as { scopes: string[]; csrfToken: string };
    const set = response.headers.get("set-cookie") ?? "";
    return { status: response.status, set, cookie: set.split(";")[0]!, ...told };
  }

  it("a key opens a session with its scopes, in a cookie that scripts cannot read and other sites cannot send", async () => {
    const { status, set, scopes, cookie } = await signIn(api.keys.admin);
    expect(status).toBe(200);
    expect(scopes).toEqual(["admin"]);
    expect(set).toMatch(/HttpOnly/);
    expect(set).toMatch(/SameSite=Strict/);
    expect(set).toMatch(/Path=\//);
    expect(set).not.toMatch(/Secure/);
    expect(set).not.toContain(api.keys.admin.slice(-20));
    expect((await signIn(api.keys.admin, { "x-forwarded-proto": "https" })).set).toMatch(/Secure/);
    expect((await send("GET", "/v1/models", { cookie })).status).toBe(200);
    expect((await send("GET", "/v1/users/u1", { cookie })).status).toBe(403);
    const keys = await api.call("GET", "/v1/keys");
    expect(keys.body.keys).toHaveLength(SCOPES.length);
  });

  it("changes nothing without its token, nor with that of another session", async () => {
    const one = await signIn(api.keys.catalog);
    const other = await signIn(api.keys.catalog);
    const put = (headers: Record<string, string>) =>
      send("PUT", "/v1/items/i1", { cookie: one.cookie, ...headers }, ITEM);
    expect((await put({})).status).toBe(403);
    expect((await put({ "x-csrf-token": other.csrfToken })).status).toBe(403);
    expect((await put({ "x-csrf-token": one.csrfToken })).status).toBe(200);
    // A key in the header needs no token: no browser sends it by itself.
    expect((await put({ authorization: `Bearer ${api.keys.catalog}` })).status).toBe(200);
  });

  it("says who is signed in, and signs out for good", async () => {
    const { cookie, csrfToken } = await signIn(api.keys.serve);
    const told = await send("GET", "/session", { cookie });
    expect(await told.json()).toEqual({ scopes: ["serve"], csrfToken });
    expect((await send("GET", "/session", {})).status).toBe(401);
    expect((await send("DELETE", "/session", { cookie })).status).toBe(403);
    const out = await send("DELETE", "/session", { cookie, "x-csrf-token": csrfToken });
    expect(out.headers.get("set-cookie")).toMatch(/Max-Age=0/);
    now += 6_000;
    expect((await send("GET", "/session", { cookie })).status).toBe(401);
  });

  it("ends with its key, with the key's expiry, and after twelve hours", async () => {
    const revoked = await createApiKey(store, { name: "a", scopes: ["admin"] });
    const short = await createApiKey(store, { name: "b", scopes: ["admin"], expiresAt: now + HOUR_MS });
    const cookies: string[] = [];
    for (const key of [revoked.secret, short.secret, api.keys.admin]) cookies.push((await signIn(key)).cookie);
    const statuses = async (): Promise<number[]> => {
      now += 6_000;
      const asked = await Promise.all(cookies.map((cookie) => send("GET", "/session", { cookie })));
      return asked.map(({ status }) => status);
    };
    expect(await statuses()).toEqual([200, 200, 200]);
    await revokeApiKey(store, revoked.key.keyId);
    expect(await statuses()).toEqual([401, 200, 200]);
    now += HOUR_MS;
    expect(await statuses()).toEqual([401, 401, 200]);
    now += 12 * HOUR_MS;
    expect(await statuses()).toEqual([401, 401, 401]);
  });

  it("refuses made-up keys and cookies", async () => {
    expect((await signIn("sq_0123456789abcdef_x")).status).toBe(401);
    expect((await signIn("' or 1=1 --")).status).toBe(401);
    expect((await send("POST", "/session", {}, "{}")).status).toBe(400);
    expect((await send("GET", "/session", { cookie: "sequitur_session=made-up" })).status).toBe(401);
  });
});
