import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { createHash, timingSafeEqual } from "node:crypto";
import { HttpProblem } from "./problem.js";

/*
 * Pages sign in with a key once and get a session: a short-lived key of its own in a cookie that scripts cannot read and
 * that other sites cannot send (HttpOnly, SameSite=Strict). What changes something also needs the session's token in the
 * header X-Csrf-Token, which only our own pages can read, from /session.
 */

const COOKIE = "sequitur_session";
export const CSRF_HEADER = "x-csrf-token";
const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

export function writeSession(c: Context, secret: string, lifeSeconds: number): void {
  setCookie(c, COOKIE, secret, {
    httpOnly: true,
    sameSite: "Strict",
    path: "/",
    secure: isEncrypted(c),
    maxAge: lifeSeconds,
  });
}

/** The key in the session's cookie. */
export function readSession(c: Context): string | undefined {
  return getCookie(c, COOKIE);
}

export function forgetSession(c: Context): void {
  deleteCookie(c, COOKIE, { path: "/", secure: isEncrypted(c) });
}

/** The token that goes with a session's key; it says nothing about the key. */
export function csrfTokenOf(secret: string): string {
  return createHash("sha256").update(`csrf ${secret}`).digest("base64url");
}

/** 403 for a request that changes something with a session's cookie and without its token. */
export function checkCsrf(c: Context, secret: string): void {
  if (SAFE.has(c.req.method)) return;
  const given = Buffer.from(c.req.header(CSRF_HEADER) ?? "");
  const expected = Buffer.from(csrfTokenOf(secret));
  if (given.length === expected.length && timingSafeEqual(given, expected)) return;
  throw new HttpProblem(
    "forbidden",
    `with a session's cookie this needs its token, as /session gives it, in ${CSRF_HEADER}.`,
  );
}

/** Whether the browser speaks TLS, with us or with a proxy before us. */
function isEncrypted(c: Context): boolean {
  return c.req.url.startsWith("https:") || c.req.header("x-forwarded-proto") === "https";
}
