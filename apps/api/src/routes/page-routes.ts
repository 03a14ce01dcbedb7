import type { OpenAPIHono } from "@hono/zod-openapi";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";
import type { ApiEnv } from "../http/api-env.js";

/** Built pages: a folder with index.html and assets. */
export interface Pages {
  readonly folder: string;
  /** Hashes of inline styles that libraries of the pages bring along, such as "sha256-…". */
  readonly styleHashes: readonly string[];
}

/** Nothing of another origin, and nothing inline beyond the styles that are named. */
function policyOf({ styleHashes }: Pages): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' ${styleHashes.map((hash) => `'${hash}'`).join(" ")}`,
    "img-src 'self' data:",
    "connect-src 'self'",
    "frame-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};
/** The names of these files change with what is in them. */
const FOR_EVER = "public, max-age=31536000, immutable";

interface PageFile {
  readonly plain: Uint8Array<ArrayBuffer>;
  readonly gzipped: Uint8Array<ArrayBuffer>;
  readonly type: string;
  readonly tag: string;
}

/**
 * Serves the built pages of a folder: `assets/*` as they are, and index.html at / and at every path of one word that
 * no route answers to a browser, since the pages read the rest of their address themselves.
 */
export function pageRoutes(app: OpenAPIHono<ApiEnv>, pages: Pages): void {
  const { folder } = pages;
  const policy = policyOf(pages);
  const index = readPage(join(folder, "index.html"));
  const assets = new Map(
    readdirSync(join(folder, "assets")).map((name) => [name, readPage(join(folder, "assets", name))]),
  );
  app.get("/assets/:name", (c, next) => {
    const file = assets.get(c.req.param("name"));
    return file === undefined ? next() : answerWith(c.req.raw, file, { policy, caching: FOR_EVER });
  });
  app.get("/:page?", (c, next) =>
    c.req.header("accept")?.includes("text/html") === true
      ? answerWith(c.req.raw, index, { policy, caching: "no-cache" })
      : next(),
  );
}

function readPage(path: string): PageFile {
  const plain = new Uint8Array(readFileSync(path));
  const type = TYPES[extname(path)] ?? "application/octet-stream";
  const tag = `"${createHash("sha256").update(plain).digest("base64url").slice(0, 27)}"`;
  return { plain, gzipped: new Uint8Array(gzipSync(plain)), type, tag };
}

function answerWith(
  request: Request,
  { plain, gzipped, type, tag }: PageFile,
  { policy, caching }: { readonly policy: string; readonly caching: string },
): Response {
  const headers: Record<string, string> = {
    "content-type": type,
    "cache-control": caching,
    "content-security-policy": policy,
    etag: tag,
    vary: "accept-encoding",
  };
  if (request.headers.get("if-none-match") === tag) return new Response(null, { status: 304, headers });
  if (!/\bgzip\b/.test(request.headers.get("accept-encoding") ?? "")) return new Response(plain, { headers });
  return new Response(gzipped, { headers: { ...headers, "content-encoding": "gzip" } });
}
