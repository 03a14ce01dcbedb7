import { OpenAPIHono } from "@hono/zod-openapi";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ApiEnv } from "../http/api-env.js";
import { pageRoutes } from "./page-routes.js";

let folder: string;
const app = new OpenAPIHono<ApiEnv>();
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sequitur-pages-"));
  await mkdir(join(folder, "assets"));
  await writeFile(join(folder, "index.html"), "<html>");
  await writeFile(join(folder, "assets", "a-1.js"), "let a = 1;".repeat(100));
  app.get("/reference", (c) => c.text("reference"));
  pageRoutes(app, { folder, styleHashes: ["sha256-x"] });
});
afterAll(() => rm(folder, { recursive: true }));

const HTML = { accept: "text/html,*/*" };

it("shows the pages at / and at paths of one word, to browsers alone", async () => {
  for (const path of ["/", "/ask", "/no-such-page"]) {
    const page = await app.request(path, { headers: HTML });
    expect(await page.text()).toBe("<html>");
    expect(page.headers.get("content-security-policy")).toContain("script-src 'self';");
    expect(page.headers.get("content-security-policy")).toContain("style-src 'self' 'sha256-x';");
  }
  expect((await app.request("/ask")).status).toBe(404);
  expect((await app.request("/v1/nothing", { headers: HTML })).status).toBe(404);
  expect(await (await app.request("/reference", { headers: HTML })).text()).toBe("reference");
});

it("lets assets be kept for ever, packs them, and knows no path outside", async () => {
  const asset = await app.request("/assets/a-1.js", { headers: { "accept-encoding": "gzip" } });
  expect(asset.headers.get("cache-control")).toContain("immutable");
  expect(asset.headers.get("content-encoding")).toBe("gzip");
  expect((await asset.arrayBuffer()).byteLength).toBeLessThan(100);
  const again = await app.request("/assets/a-1.js", { headers: { "if-none-match": asset.headers.get("etag")! } });
  expect(again.status).toBe(304);
  for (const name of ["..%2Findex.html", "index.html", "__proto__", "%00"]) {
    expect((await app.request(`/assets/${name}`)).status).toBe(404);
  }
});
