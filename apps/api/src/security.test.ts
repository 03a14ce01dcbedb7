import { eachStore } from "@sequitur/store/testing";
import fc from "fast-check";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { circleEvents, testApi, type TestApi } from "./api.fixture.js";
import { fuzzedRequest } from "./fuzz.fixture.js";
import { SCOPES, type Scope } from "./http/principal.js";

const START = Date.UTC(2026, 0, 5);
/** What must never be told outside. */
const LEAK = /\b(select|insert into|from unnest|syntax error|constraint|pg_|at .+\.(ts|js):\d+|node_modules|stack)\b/i;

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly needsKey: boolean;
  /** Scopes that open it, by the document. */
  readonly scopes: readonly Scope[];
}

async function operations(api: TestApi): Promise<Operation[]> {
  const { body } = await api.call("GET", "/openapi.json", undefined, "nobody");
  return Object.entries(
    body.paths as Record<string, Record<string, { security?: unknown; "x-scopes"?: Scope[] }>>,
  ).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { security, "x-scopes": scopes = [] }]) => ({
      method: method.toUpperCase(),
      path: path
        .replace(/\{versionId\}/, "1")
        .replace(/\{keyId\}/, "0123456789abcdef")
        .replace(/\{\w+\}/, "i1"),
      needsKey: security !== undefined,
      scopes,
    })),
  );
}

eachStore((engine) => {
  let api: TestApi;
  beforeAll(async () => {
    api = await testApi(await engine.open(), { maxBodyBytes: 20_000 });
    await api.call("POST", "/v1/events", { events: circleEvents(5, 6, 4, START) });
    await api.serve(await api.fit("markov"));
    return () => api.serving.stop();
  });

  describe("keys", () => {
    it("every route under /v1 wants one, and only the scopes that the document names open it", async () => {
      const all = await operations(api);
      expect(all.length).toBeGreaterThan(25);
      for (const { method, path, needsKey, scopes } of all) {
        if (!path.startsWith("/v1") && path !== "/metrics") continue;
        expect(needsKey, `${method} ${path}`).toBe(true);
        const body = method === "GET" || method === "DELETE" ? undefined : {};
        expect((await api.call(method, path, body, "nobody")).status, `${method} ${path}`).toBe(401);
        const refused: string[] = [];
        for (const scope of SCOPES) {
          // With the right scope a request gets past the lock, and what is behind it answers.
          const { status } = await api.call(method, path, body, scope);
          if (status === 403) refused.push(scope);
          expect(status, `${method} ${path} as ${scope}`).not.toBe(401);
        }
        expect(refused, `${method} ${path}`).toEqual(SCOPES.filter((scope) => !scopes.includes(scope)));
      }
    });

    it("made by an admin they work at once, without a secret in the list, and die when revoked", async () => {
      const made = await api.call("POST", "/v1/keys", { name: "shop", scopes: ["serve"] });
      const { key, keyId } = made.body as { key: string; keyId: string };
      const ask = async (): Promise<number> => {
        const headers = { "x-api-key": key, "content-type": "application/json" };
        const init = { method: "POST", headers, body: '{"history":[{"itemId":"i1"}]}' };
        return (await api.app.request("/v1/recommendations", init)).status;
      };
      expect(await ask()).toBe(200);
      const list = await api.call("GET", "/v1/keys");
      expect(JSON.stringify(list.body)).not.toContain(key.slice(-20));
      expect((await api.call("DELETE", `/v1/keys/${keyId}`)).status).toBe(200);
      expect((await api.call("DELETE", "/v1/keys/0000000000000000")).status).toBe(404);
      expect(list.body.keys.map((one: { keyId: string }) => one.keyId)).toContain(keyId);
    });

    it("wrong ones are refused, whatever they look like", async () => {
      for (const key of [
        "x",
        "sq_0123456789abcdef_",
        `${api.keys.serve}x`,
        api.keys.serve.slice(0, -1),
        "' or 1=1 --",
      ]) {
        const headers = { authorization: `Bearer ${key}` };
        expect((await api.app.request("/v1/models", { headers })).status).toBe(401);
      }
    });
  });

  describe("bodies", () => {
    const send = (body: string, type = "application/json") =>
      api.app.request("/v1/recommendations", {
        method: "POST",
        headers: { authorization: `Bearer ${api.keys.serve}`, "content-type": type },
        body,
      });

    it.each([
      ["too long", JSON.stringify({ userId: "x".repeat(20_000) }), 413],
      ["nested without end", "[".repeat(9_000), 400],
      ["nested too deep", `{"filter":${"[".repeat(40)}${"]".repeat(40)}}`, 400],
      ["not JSON", "{userId:1}", 400],
      ["empty", "", 400],
      ["with NUL", String.raw`{"userId":"a\u0000b"}`, 400],
      ["with half a pair", String.raw`{"userId":"\ud800"}`, 400],
      ["of an unknown field", '{"userId":"u1","sql":"x"}', 400],
      ["of a wrong type", '{"userId":1}', 400],
      ["with a prototype", '{"__proto__":{"k":1},"constructor":{"k":1}}', 400],
    ])("%s are refused and explained", async (_, body, status) => {
      const response = await send(body);
      expect(response.status).toBe(status);
      const { error } = (await response.json()) as { error: { code: string; message: string; requestId: string } };
      expect(error.message.length).toBeGreaterThan(10);
      expect(error.requestId).toBe(response.headers.get("x-request-id"));
    });

    it("of another type are refused", async () => {
      expect((await send("userId=u1", "application/x-www-form-urlencoded")).status).toBe(415);
      expect((await send('{"userId":"u1"}', "text/plain")).status).toBe(415);
    });
  });

  it("a bad id in the path is refused, and what is not there is 404 with our own words", async () => {
    expect((await api.call("GET", "/v1/users/%00")).status).toBe(400);
    expect((await api.call("GET", `/v1/users/${"x".repeat(201)}`)).status).toBe(400);
    expect((await api.call("GET", "/v1/users/%zz")).status).toBeLessThan(500);
    const missing = await api.call("GET", "/v1/nothing", undefined, "nobody");
    expect(missing).toMatchObject({ status: 404, body: { error: { code: "not-found" } } });
  });

  it("injection is text", async () => {
    const evil = "'; drop table users; --";
    expect((await api.call("PUT", `/v1/users/${encodeURIComponent(evil)}`, { attributes: { a: evil } })).status).toBe(
      200,
    );
    const back = await api.call("GET", `/v1/users/${encodeURIComponent(evil)}`);
    expect(back.body).toMatchObject({ userId: evil, attributes: { a: evil } });
    const sent = await api.call("POST", "/v1/events", { events: [{ eventId: evil, userId: evil, itemId: evil }] });
    expect(sent.body).toMatchObject({ accepted: 1 });
    expect((await api.call("POST", "/v1/recommendations", { userId: evil })).status).toBe(200);
    expect((await api.call("GET", "/v1/users/u1")).status).toBe(200);
  });

  it("answers fuzzed requests on every route without a 5xx, a leak or a hang", { timeout: 120_000 }, async () => {
    const all = await operations(api);
    await fc.assert(
      fc.asyncProperty(fuzzedRequest(all), async ({ method, path, body, scope }) => {
        const answer = await api.call(method, path, body, scope);
        expect(answer.status, `${method} ${path} ${JSON.stringify(body)}: ${JSON.stringify(answer.body)}`).toBeLessThan(
          500,
        );
        const told = answer.status < 400 ? "" : JSON.stringify(answer.body);
        expect(told).not.toMatch(LEAK);
      }),
      { numRuns: 1_000 },
    );
  });

  it("no key and no user id reaches the log, and every answer has its headers", async () => {
    const { headers } = await api.call("POST", "/v1/recommendations", { userId: "very-private-user" });
    expect(headers.get("content-security-policy")).toContain("default-src 'self'");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("access-control-allow-origin")).toBeNull();
    const log = api.log.join("");
    expect(log).toContain('"route":"/v1/recommendations"');
    for (const key of Object.values(api.keys)) expect(log).not.toContain(key.slice(20));
    expect(log).not.toContain("very-private-user");
  });
});

eachStore((engine) => {
  it("limits requests by key and by address, and says when to come back", async () => {
    const api = await testApi(await engine.open(), { requestsPerSecondPerKey: 5, requestsPerSecondPerAddress: 3 });
    const statuses = async (as: "serve" | "nobody", times: number): Promise<number[]> => {
      const answers = [];
      for (let n = 0; n < times; n++) answers.push(await api.call("POST", "/v1/recommendations", { history: [] }, as));
      for (const { status, headers } of answers) expect(headers.has("retry-after")).toBe(status === 429);
      return answers.map(({ status }) => status);
    };
    expect(new Set(await statuses("serve", 12))).toEqual(new Set([200, 429]));
    expect(new Set(await statuses("nobody", 8))).toEqual(new Set([401, 429]));
    await api.serving.stop();
  });

  it("asks the store about few of a flood of made-up keys, and goes on for the keys it knows", async () => {
    const api = await testApi(await engine.open(), { requestsPerSecondPerAddress: 10 });
    const ask = async (key: string): Promise<number> => {
      const headers = { "content-type": "application/json", authorization: `Bearer ${key}` };
      const body = JSON.stringify({ history: [] });
      return (await api.app.request("/v1/recommendations", { method: "POST", headers, body })).status;
    };
    expect(await ask(api.keys.serve)).toBe(200);
    const attempt = vi.spyOn(api.store, "attempt");
    const madeUp = (n: number): string => `sq_${n.toString(16).padStart(16, "0")}_${"x".repeat(43)}`;
    const flood = await Promise.all(Array.from({ length: 400 }, (_, n) => ask(madeUp(n))));
    expect(new Set(flood)).toEqual(new Set([401, 429]));
    const lookUps = attempt.mock.calls.filter(([what]) => what === "verify an API key").length;
    expect(lookUps).toBeLessThanOrEqual(20);
    attempt.mockRestore();
    expect(await ask(api.keys.serve)).toBe(200);
    await api.serving.stop();
  });

  it("refuses times in the wrong unit, absurd ones and those far ahead, and names what was meant", async () => {
    const api = await testApi(await engine.open(), { mostSecondsAhead: 60 });
    const now = api.store.now();
    const times = [Math.round(now / 1000), now * 1000, now * 1e6, -1, 0, Date.UTC(2500), now + 3_600_000, now + 30_000];
    const events = times.map((time, n) => ({ eventId: `e${n}`, userId: "u", itemId: "i", time }));
    const { status, body } = await api.call("POST", "/v1/events", { events });
    expect(status).toBe(200);
    expect(body).toMatchObject({ accepted: 1, rejected: 7 });
    const said = body.errors.map(({ message }: { message: string }) => message);
    const likely = [/seconds/, /microseconds/, /nanoseconds/, /1990/, /1990/, /2199/, /3600 s ahead/];
    for (const [n, pattern] of likely.entries()) expect(said[n]).toMatch(pattern);
    const late = { userId: "u", now: Math.round(now / 1000) };
    const asked = await api.call("POST", "/v1/recommendations", late);
    expect(asked).toMatchObject({ status: 400 });
    expect(JSON.stringify(asked.body)).toContain("looks like seconds");
    await api.serving.stop();
  });

  it("the reference page and its document need nobody else", async () => {
    const api = await testApi(await engine.open());
    const page = await api.call("GET", "/reference", undefined, "nobody");
    expect(page.status).toBe(200);
    expect(String(page.body)).not.toMatch(/https?:\/\//);
    // The browser asks nobody else, whatever the script of the page might want.
    const policy = page.headers.get("content-security-policy")!.split("; ");
    expect(policy).toContain("default-src 'self'");
    expect(policy.join(" ")).not.toMatch(/https?:|\*|unsafe-eval|script-src|connect-src/);
    for (const [, path] of String(page.body).matchAll(/(?:src|href)="([^"]+)"/g)) {
      const { status, body: file } = await api.call("GET", path!, undefined, "nobody");
      expect({ path, status }).toEqual({ path, status: 200 });
      expect(/url\(["']?(https?:)?\/\/|@import/.test(String(file)), `${path} loads from elsewhere`).toBe(false);
    }
    const { body } = await api.call("GET", "/openapi.json", undefined, "nobody");
    expect(body.openapi).toBe("3.1.0");
    // Middlewares are for all methods; every other route is in the document.
    for (const { method, path } of api.app.routes.filter(({ method: name }) => name !== "ALL")) {
      if (path.startsWith("/reference") || path === "/openapi.json") continue;
      const documented = body.paths[path.replaceAll(/:(\w+)/g, "{$1}")] as Record<string, unknown> | undefined;
      expect(documented?.[method.toLowerCase()], `${method} ${path}`).toBeDefined();
    }
    const text = JSON.stringify(body);
    for (const [, name] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      expect(Object.keys(body.components.schemas)).toContain(name);
    }
    await api.serving.stop();
  });
});
