import { sql, type Selectable, type Transaction } from "kysely";
import { PlatformError } from "@sequitur/core";
import { announce } from "../connection/changes.js";
import type { Store } from "../connection/store.js";
import { instant } from "../instant.js";
import { jsonText } from "../json-text.js";
import type { Tables } from "../tables.js";

/** What identifies a fitted model and where its artifact is. */
export interface ModelVersionRecord {
  /** Name of the recommender. */
  readonly model: string;
  /** SHA-256 of the artifact, hex. */
  readonly digest: string;
  /** Where the artifact is: its path below the folder of the artifacts, which every server may see under another path. */
  readonly location: string;
  readonly config?: unknown;
  /** Offline results, such as { "ndcg@10": 0.31 }. */
  readonly metrics?: Readonly<Record<string, number>>;
  readonly dataFingerprint?: string;
  /** How it was fitted: code version, seed, seconds, memory; as its maker writes it. */
  readonly fit?: Readonly<Record<string, unknown>>;
  /** How it did on questions that were kept from its fit, beside others; null when nothing was kept. */
  readonly validation?: Readonly<Record<string, unknown>> | null;
  /** The last outcome of a slate that it was trained on: what is served goes on from there. */
  readonly learnedTo?: number;
}

export interface ModelVersion extends Required<ModelVersionRecord> {
  readonly versionId: number;
  /** 1, 2, … within its model. */
  readonly version: number;
  /** ms since the epoch, UTC. */
  readonly createdAt: number;
}

/** What answers in one place: the active version, and the one that scores along unseen. */
export interface ModelSlot {
  readonly slot: string;
  readonly active?: ModelVersion;
  readonly shadow?: ModelVersion;
}

export const DEFAULT_SLOT = "default";

/**
 * Gives the artifact the next version of its model. The same digest again gives the version that it has, at the place
 * where it is now, and every process looks at it again: that repairs a version whose file was moved or damaged.
 */
export async function registerModelVersion(store: Store, record: ModelVersionRecord): Promise<ModelVersion> {
  return store.transaction("register a model version", async (db) => {
    await sql`select pg_advisory_xact_lock(hashtext('sequitur.models'))`.execute(db);
    const known = await db
      .selectFrom("model_versions")
      .selectAll()
      .where("model", "=", record.model)
      .where("digest", "=", record.digest)
      .executeTakeFirst();
    if (known !== undefined) return versionOf(await atNewPlace(db, known, record.location));
    const row = await db
      .insertInto("model_versions")
      .values({
        model: record.model,
        version: sql<number>`(select coalesce(max(version), 0) + 1 from model_versions where model = ${record.model})`,
        digest: record.digest,
        location: record.location,
        config: jsonText(record.config),
        metrics: sql`${jsonText(record.metrics)}::jsonb`,
        data_fingerprint: record.dataFingerprint ?? "",
        learned_to: record.learnedTo ?? 0,
        created_at: instant(store.now()),
        fit: sql`${jsonText(record.fit)}::jsonb`,
        ...(record.validation && { validation: sql`${jsonText(record.validation)}::jsonb` }),
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    return versionOf(row);
  });
}

type VersionRow = Selectable<Tables["model_versions"]>;

async function atNewPlace(db: Transaction<Tables>, row: VersionRow, location: string): Promise<VersionRow> {
  const { version_id: versionId } = row;
  await db.updateTable("model_versions").set({ location }).where("version_id", "=", versionId).execute();
  await announce(db, { kind: "models" });
  return { ...row, location };
}

/** Every version, newest first; of one model when it is named. */
export async function listModelVersions(store: Store, model?: string): Promise<ModelVersion[]> {
  const rows = await store.attempt("list model versions", (db) => {
    const all = db.selectFrom("model_versions").selectAll().orderBy("version_id", "desc");
    return (model === undefined ? all : all.where("model", "=", model)).execute();
  });
  return rows.map(versionOf);
}

/** One version, or undefined. */
export async function getModelVersion(store: Store, versionId: number): Promise<ModelVersion | undefined> {
  const row = await store.attempt("read a model version", (db) =>
    db.selectFrom("model_versions").selectAll().where("version_id", "=", versionId).executeTakeFirst(),
  );
  return row && versionOf(row);
}

/** What answers where. */
export async function listModelSlots(store: Store): Promise<ModelSlot[]> {
  return store.attempt("list model slots", async (db) => {
    const slots = await db.selectFrom("model_slots").selectAll().orderBy("slot").execute();
    const ids = slots.flatMap((slot) => [slot.active_version ?? [], slot.shadow_version ?? []].flat());
    const rows =
      ids.length === 0
        ? []
        : await db.selectFrom("model_versions").selectAll().where("version_id", "in", ids).execute();
    const versions = new Map(rows.map((row) => [row.version_id, versionOf(row)]));
    return slots.map(({ slot, active_version, shadow_version }) => {
      const active = versions.get(active_version ?? -1);
      const shadow = versions.get(shadow_version ?? -1);
      return { slot, ...(active && { active }), ...(shadow && { shadow }) };
    });
  });
}

/**
 * The versions that may answer in a slot, the newest activation first, each once; what was rolled back is left out. The
 * first is the active one; the others take its place while it cannot be loaded.
 */
export async function listStandingVersions(store: Store, slot: string): Promise<ModelVersion[]> {
  const rows = await store.attempt("list standing model versions", (db) =>
    db
      .selectFrom("model_versions")
      .innerJoin(
        (from) =>
          from
            .selectFrom("model_activations")
            .select(({ fn }) => ["version_id as activated", fn.max("activation_id").as("newest")])
            .where("slot", "=", slot)
            .where("rolled_back_at", "is", null)
            .groupBy("version_id")
            .as("standing"),
        (join) => join.onRef("standing.activated", "=", "model_versions.version_id"),
      )
      .selectAll("model_versions")
      .orderBy("standing.newest", "desc")
      .execute(),
  );
  return rows.map(versionOf);
}

/** Lets a version answer in a slot and tells every process. `not-found` when there is no such version. */
export async function activateModelVersion(
  store: Store,
  versionId: number,
  options: { readonly slot?: string; readonly reason?: string } = {},
): Promise<ModelVersion> {
  const { slot = DEFAULT_SLOT, reason = "" } = options;
  return store.transaction("activate a model version", async (db) => {
    const version = await requireVersion(db, versionId);
    const before = await lockSlot(db, slot, store.now());
    // A try whose answer was lost is tried again: the second finds the version active and changes nothing.
    if (before.active_version === versionId) return version;
    await db
      .insertInto("model_activations")
      .values({ slot, version_id: versionId, reason, activated_at: instant(store.now()) })
      .execute();
    await setActive(db, slot, versionId, store.now());
    return version;
  });
}

/**
 * Goes back to the version that was active before `expected`; when that was done already, nothing changes, so that a
 * second click does not go back twice. `not-found` when nothing was active before; `bad-data` when another version
 * took its place meanwhile.
 */
export async function rollBackModelVersion(
  store: Store,
  expected: number,
  options: { readonly slot?: string } = {},
): Promise<ModelVersion> {
  const { slot = DEFAULT_SLOT } = options;
  return store.transaction("roll back a model version", async (db) => {
    const { active_version: active } = await lockSlot(db, slot, store.now());
    if (active !== expected) {
      if (active !== null && (await wasRolledBack(db, slot, expected))) return requireVersion(db, active);
      throw new PlatformError("bad-data", `slot ${slot}: expected version ${expected} to be active, got ${active}.`);
    }
    const standing = await db
      .selectFrom("model_activations")
      .select(["activation_id", "version_id"])
      .where("slot", "=", slot)
      .where("rolled_back_at", "is", null)
      .orderBy("activation_id", "desc")
      .limit(2)
      .execute();
    const [current, previous] = standing;
    if (current === undefined || previous === undefined) {
      throw new PlatformError("not-found", `slot ${slot}: no version was active before ${expected}.`);
    }
    await db
      .updateTable("model_activations")
      .set({ rolled_back_at: instant(store.now()) })
      .where("activation_id", "=", current.activation_id)
      .execute();
    await setActive(db, slot, previous.version_id, store.now());
    return requireVersion(db, previous.version_id);
  });
}

/** Sets the version that scores along in a slot without being shown, or none. */
export async function shadowModelVersion(
  store: Store,
  versionId: number | undefined,
  options: { readonly slot?: string } = {},
): Promise<void> {
  const { slot = DEFAULT_SLOT } = options;
  await store.transaction("shadow a model version", async (db) => {
    if (versionId !== undefined) await requireVersion(db, versionId);
    await lockSlot(db, slot, store.now());
    await db
      .updateTable("model_slots")
      .set({ shadow_version: versionId ?? null, updated_at: instant(store.now()) })
      .where("slot", "=", slot)
      .execute();
    await announce(db, { kind: "models", slot });
  });
}

async function lockSlot(
  db: Transaction<Tables>,
  slot: string,
  now: number,
): Promise<{ active_version: number | null }> {
  await db
    .insertInto("model_slots")
    .values({ slot, updated_at: instant(now) })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return db
    .selectFrom("model_slots")
    .select("active_version")
    .where("slot", "=", slot)
    .forUpdate()
    .executeTakeFirstOrThrow();
}

async function wasRolledBack(db: Transaction<Tables>, slot: string, versionId: number): Promise<boolean> {
  const newest = await db
    .selectFrom("model_activations")
    .select(["version_id", "rolled_back_at"])
    .where("slot", "=", slot)
    .orderBy("activation_id", "desc")
    .executeTakeFirst();
  return newest?.version_id === versionId && newest.rolled_back_at !== null;
}

async function setActive(db: Transaction<Tables>, slot: string, versionId: number, now: number): Promise<void> {
  await db
    .updateTable("model_slots")
    .set({ active_version: versionId, updated_at: instant(now) })
    .where("slot", "=", slot)
    .execute();
  await announce(db, { kind: "models", slot });
}

async function requireVersion(db: Transaction<Tables>, versionId: number): Promise<ModelVersion> {
  const row = await db.selectFrom("model_versions").selectAll().where("version_id", "=", versionId).executeTakeFirst();
  if (row === undefined) throw new PlatformError("not-found", `there is no model version ${versionId}.`);
  return versionOf(row);
}

function versionOf(row: VersionRow): ModelVersion {
  return {
    versionId: row.version_id,
    model: row.model,
    version: row.version,
    digest: row.digest,
    location: row.location,
    config: row.config,
    metrics: row.metrics,
    dataFingerprint: row.data_fingerprint,
    learnedTo: row.learned_to,
    createdAt: row.created_at,
    fit: row.fit,
    validation: row.validation,
  };
}
