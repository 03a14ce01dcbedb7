import { sql, type Selectable } from "kysely";
import { PlatformError } from "@sequitur/core";
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Store } from "../connection/store.js";
import { checkId } from "../events/event.js";
import { instant } from "../instant.js";
import type { Tables } from "../tables.js";

export interface ApiKey {
  readonly keyId: string;
  readonly name: string;
  readonly scopes: readonly string[];
  /** ms since the epoch, UTC. */
  readonly createdAt: number;
  readonly expiresAt?: number;
  readonly revokedAt?: number;
  /** To the minute. */
  readonly lastUsedAt?: number;
}

export interface NewKey {
  readonly name: string;
  readonly scopes: readonly string[];
  /** ms since the epoch, UTC; never when absent. */
  readonly expiresAt?: number;
}

const SECRET = /^sq_([0-9a-f]{16})_([\w-]{43})$/;
const USE_GRAIN_MS = 60_000;

/** Makes a key; its secret is shown this once and kept only as a hash. 256 random bits need no slow hash. */
export async function createApiKey(
  store: Store,
  key: NewKey,
): Promise<{ readonly key: ApiKey; readonly secret: string }> {
  return insertKey(store, key, null);
}

/**
 * Opens a session: a short-lived key with the scopes of `opener`, which ends with it at the latest. Sessions that have
 * ended are removed on the way.
 */
export async function openSession(
  store: Store,
  opener: ApiKey,
  lifeMs: number,
): Promise<{ readonly key: ApiKey; readonly secret: string }> {
  const now = store.now();
  await store.attempt("remove ended sessions", (db) =>
    sql`delete from api_keys where opened_by is not null and expires_at <= ${instant(now)}`.execute(db),
  );
  const expiresAt = Math.min(now + lifeMs, opener.expiresAt ?? Infinity);
  return insertKey(store, { name: opener.name, scopes: opener.scopes, expiresAt }, opener.keyId);
}

async function insertKey(
  store: Store,
  key: NewKey,
  openedBy: string | null,
): Promise<{ readonly key: ApiKey; readonly secret: string }> {
  checkId("name", key.name);
  if (key.scopes.length === 0) throw new PlatformError("bad-data", "an API key needs at least one scope, got none.");
  const keyId = randomBytes(8).toString("hex");
  const secret = `sq_${keyId}_${randomBytes(32).toString("base64url")}`;
  const row = await store.attempt("create an API key", (db) =>
    db
      .insertInto("api_keys")
      .values({
        key_id: keyId,
        name: key.name,
        scopes: [...key.scopes],
        secret_hash: hashOf(secret),
        created_at: instant(store.now()),
        expires_at: key.expiresAt === undefined ? null : instant(key.expiresAt),
        opened_by: openedBy,
      })
      .onConflict((conflict) => conflict.column("key_id").doUpdateSet({ name: key.name }))
      .returningAll()
      .executeTakeFirstOrThrow(),
  );
  return { key: keyOf(row), secret };
}

/** The key of a secret, or undefined when there is none, it was revoked or it has expired. Notes that it was used. */
export async function verifyApiKey(store: Store, secret: string): Promise<ApiKey | undefined> {
  const keyId = SECRET.exec(secret)?.[1];
  if (keyId === undefined) return undefined;
  const now = store.now();
  const row = await store.attempt("verify an API key", (db) =>
    db
      .selectFrom("api_keys as one")
      .leftJoin("api_keys as opener", "opener.key_id", "one.opened_by")
      .selectAll("one")
      .select(["opener.revoked_at as opener_revoked_at", "opener.expires_at as opener_expires_at"])
      .where("one.key_id", "=", keyId)
      .executeTakeFirst(),
  );
  if (row === undefined || !timingSafeEqual(row.secret_hash, hashOf(secret))) return undefined;
  const ended = (at: number | null): boolean => at !== null && at <= now;
  if (row.revoked_at !== null || row.opener_revoked_at !== null) return undefined;
  if (ended(row.expires_at) || ended(row.opener_expires_at)) return undefined;
  if (row.last_used_at === null || now - row.last_used_at >= USE_GRAIN_MS) {
    await store.attempt("note the use of an API key", (db) =>
      sql`update api_keys set last_used_at = ${instant(now)} where key_id = ${keyId}`.execute(db),
    );
  }
  return keyOf(row);
}

/** Every key, newest first, without secrets and without the sessions that were opened with them. */
export async function listApiKeys(store: Store): Promise<ApiKey[]> {
  const rows = await store.attempt("list API keys", (db) =>
    db.selectFrom("api_keys").selectAll().where("opened_by", "is", null).orderBy("created_at", "desc").execute(),
  );
  return rows.map(keyOf);
}

/** Ends a key at once; false when there is none. */
export async function revokeApiKey(store: Store, keyId: string): Promise<boolean> {
  const { rows } = await store.attempt("revoke an API key", (db) =>
    sql`
      update api_keys set revoked_at = coalesce(revoked_at, ${instant(store.now())}) where key_id = ${keyId} returning 1
    `.execute(db),
  );
  return rows.length > 0;
}

function hashOf(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}

function keyOf(row: Selectable<Tables["api_keys"]>): ApiKey {
  return {
    keyId: row.key_id,
    name: row.name,
    scopes: row.scopes,
    createdAt: row.created_at,
    ...(row.expires_at !== null && { expiresAt: row.expires_at }),
    ...(row.revoked_at !== null && { revokedAt: row.revoked_at }),
    ...(row.last_used_at !== null && { lastUsedAt: row.last_used_at }),
  };
}
