import { sql, type Selectable } from "kysely";
import { PlatformError } from "@sequitur/core";
import { announce } from "../connection/changes.js";
import type { Db, Store } from "../connection/store.js";
import { instant } from "../instant.js";
import { checkId } from "../events/event.js";
import { jsonText } from "../json-text.js";
import type { Tables } from "../tables.js";

/** One way of answering, under test. */
export interface Arm {
  readonly arm: string;
  /** Its share of the users, relative to the other arms' weights. */
  readonly weight: number;
  /** The model that answers; left out: the active one of the slot. */
  readonly modelVersion?: number;
  /** The policy that makes slates; left out: the endpoint's own. */
  readonly policy?: string;
  readonly settings?: Readonly<Record<string, unknown>>;
}

export interface ExperimentRecord {
  readonly experimentId: string;
  readonly description?: string;
  /** Seeds the assignment; left out: the id. Two experiments with one salt split the users alike. */
  readonly salt?: string;
  /** Such as the metric, the planned size, the guardrails. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** At least two; the first is the control. */
  readonly arms: readonly Arm[];
}

export interface Experiment extends Required<Omit<ExperimentRecord, "arms">> {
  readonly status: "draft" | "running" | "stopped";
  readonly arms: readonly Arm[];
  /** ms since the epoch, UTC. */
  readonly createdAt: number;
  readonly startedAt?: number;
  readonly stoppedAt?: number;
}

/** Makes a draft. `bad-data` when the id is taken by another or the arms are no experiment. */
export async function createExperiment(store: Store, record: ExperimentRecord): Promise<Experiment> {
  checkRecord(record);
  return store.transaction("create an experiment", async (db) => {
    const made = await db
      .insertInto("experiments")
      .values({
        experiment_id: record.experimentId,
        description: record.description ?? "",
        status: "draft",
        salt: record.salt ?? record.experimentId,
        settings: sql`${jsonText(record.settings)}::jsonb`,
        created_at: instant(store.now()),
      })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    if (made.numInsertedOrUpdatedRows !== 1n) {
      throw new PlatformError("bad-data", `there is an experiment ${record.experimentId} already.`);
    }
    await db
      .insertInto("arms")
      .values(
        record.arms.map((arm, position) => ({
          experiment_id: record.experimentId,
          arm: arm.arm,
          position,
          weight: arm.weight,
          model_version: arm.modelVersion ?? null,
          policy: arm.policy ?? "",
          settings: sql<Record<string, unknown>>`${jsonText(arm.settings)}::jsonb`,
        })),
      )
      .execute();
    return requireExperiment(db, record.experimentId);
  });
}

/** New settings of an experiment, beside the others that run now; throws what keeps it from having them. */
export type SettingsChange = (
  settings: Experiment["settings"],
  others: readonly Experiment[],
) => Experiment["settings"];

/** Starts a draft with the settings that `change` makes of its own. `not-found`; `bad-data` when it was stopped. */
export async function startExperiment(
  store: Store,
  experimentId: string,
  change: SettingsChange = (settings) => settings,
): Promise<Experiment> {
  return store.transaction("start an experiment", async (db) => {
    await lockExperiments(db);
    const experiment = await requireExperiment(db, experimentId, true);
    if (experiment.status === "running") return experiment;
    if (experiment.status === "stopped") {
      throw new PlatformError(
        "bad-data",
        `experiment ${experimentId} was stopped: its users are spent; make a new one.`,
      );
    }
    await writeSettings(db, experiment, change);
    await db
      .updateTable("experiments")
      .set({ status: "running", started_at: instant(store.now()) })
      .where("experiment_id", "=", experimentId)
      .execute();
    await announce(db, { kind: "experiments" });
    return requireExperiment(db, experimentId);
  });
}

/** Replaces the settings by what `change` makes of them, unless the experiment was stopped. `not-found`; `bad-data`. */
export async function changeExperiment(
  store: Store,
  experimentId: string,
  change: SettingsChange,
): Promise<Experiment> {
  return store.transaction("change an experiment", async (db) => {
    await lockExperiments(db);
    const experiment = await requireExperiment(db, experimentId, true);
    if (experiment.status === "stopped") {
      throw new PlatformError("bad-data", `experiment ${experimentId} was stopped: it can no longer be changed.`);
    }
    await writeSettings(db, experiment, change);
    await announce(db, { kind: "experiments" });
    return requireExperiment(db, experimentId);
  });
}

/** One change at a time, so that each sees the others that run. */
async function lockExperiments(db: Db): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('sequitur.experiments'))`.execute(db);
}

async function writeSettings(db: Db, experiment: Experiment, change: SettingsChange): Promise<void> {
  const { experimentId, settings } = experiment;
  const others = (await readExperiments(db)).filter(
    (other) => other.status === "running" && other.experimentId !== experimentId,
  );
  await db
    .updateTable("experiments")
    .set({ settings: sql`${jsonText(change(settings, others))}::jsonb` })
    .where("experiment_id", "=", experimentId)
    .execute();
}

/** Stops it, and keeps why; what was assigned and exposed stays for its results. `not-found`. */
export async function stopExperiment(store: Store, experimentId: string, reason = ""): Promise<Experiment> {
  return store.transaction("stop an experiment", async (db) => {
    const { status, settings } = await requireExperiment(db, experimentId, true);
    if (status !== "stopped") {
      const kept = reason === "" ? settings : { ...settings, stopReason: reason };
      await db
        .updateTable("experiments")
        .set({ status: "stopped", stopped_at: instant(store.now()), settings: sql`${jsonText(kept)}::jsonb` })
        .where("experiment_id", "=", experimentId)
        .execute();
      await announce(db, { kind: "experiments" });
    }
    return requireExperiment(db, experimentId);
  });
}

/** Every experiment, newest first. */
export async function listExperiments(store: Store): Promise<Experiment[]> {
  return store.attempt("list experiments", readExperiments);
}

async function readExperiments(db: Db): Promise<Experiment[]> {
  const rows = await db.selectFrom("experiments").selectAll().orderBy("created_at", "desc").execute();
  const arms = await db.selectFrom("arms").selectAll().orderBy("position").execute();
  return rows.map((row) =>
    experimentOf(
      row,
      arms.filter((arm) => arm.experiment_id === row.experiment_id),
    ),
  );
}

/** One experiment, or undefined. */
export async function getExperiment(store: Store, experimentId: string): Promise<Experiment | undefined> {
  return store.attempt("read an experiment", (db) => findExperiment(db, experimentId, false));
}

async function requireExperiment(db: Db, experimentId: string, lock = false): Promise<Experiment> {
  const experiment = await findExperiment(db, experimentId, lock);
  if (experiment === undefined) throw new PlatformError("not-found", `there is no experiment ${experimentId}.`);
  return experiment;
}

async function findExperiment(db: Db, experimentId: string, lock: boolean): Promise<Experiment | undefined> {
  const query = db.selectFrom("experiments").selectAll().where("experiment_id", "=", experimentId);
  const row = await (lock ? query.forUpdate() : query).executeTakeFirst();
  if (row === undefined) return undefined;
  const arms = await db
    .selectFrom("arms")
    .selectAll()
    .where("experiment_id", "=", experimentId)
    .orderBy("position")
    .execute();
  return experimentOf(row, arms);
}

function experimentOf(row: Selectable<Tables["experiments"]>, arms: readonly Selectable<Tables["arms"]>[]): Experiment {
  return {
    experimentId: row.experiment_id,
    description: row.description,
    salt: row.salt,
    settings: row.settings,
    status: row.status,
    arms: arms.map((arm) => ({
      arm: arm.arm,
      weight: arm.weight,
      ...(arm.model_version !== null && { modelVersion: arm.model_version }),
      ...(arm.policy !== "" && { policy: arm.policy }),
      settings: arm.settings,
    })),
    createdAt: row.created_at,
    ...(row.started_at !== null && { startedAt: row.started_at }),
    ...(row.stopped_at !== null && { stoppedAt: row.stopped_at }),
  };
}

function checkRecord({ experimentId, arms }: ExperimentRecord): void {
  checkId("experimentId", experimentId);
  const names = new Set(arms.map(({ arm }) => arm));
  if (arms.length < 2 || names.size !== arms.length) {
    throw new PlatformError(
      "bad-data",
      `an experiment needs at least two arms with distinct names, got ${[...names]}.`,
    );
  }
  for (const { arm, weight } of arms) {
    checkId("arm", arm);
    if (!(weight > 0 && Number.isFinite(weight))) {
      throw new PlatformError("bad-data", `arm ${arm}: weight must be positive and finite, got ${weight}.`);
    }
  }
}
