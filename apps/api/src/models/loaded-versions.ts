import { idTable, PlatformError } from "@sequitur/core";
import { exactSearch, type Model } from "@sequitur/recommender";
import { readVectors, type ModelVersion, type Store } from "@sequitur/store";
import type { Logger } from "pino";
import type { ApiMetrics } from "../metrics/api-metrics.js";
import type { Slot } from "../schemas/admin-schemas.js";
import type { ItemDirectory } from "../serving/item-directory.js";
import { modelStage, type ItemVectors, type Stage } from "../serving/stage.js";
import type { ModelSource } from "./model-source.js";

export interface LoadedVersionsParts {
  readonly store: Store;
  readonly directory: ItemDirectory;
  readonly source: ModelSource;
  readonly sessionGapMs: number;
  readonly metrics: ApiMetrics;
  readonly logger: Logger;
}

/** What `servedBy` says for each slot; the chain asks them in this order, then the newest items. */
export const SERVED_BY: Readonly<Record<Slot, string>> = { default: "model", session: "session", popular: "popular" };
/** A file that has not changed since it failed is tried again after this, not at every look. */
const TRY_AGAIN_MS = 30_000;

interface Loaded {
  /** Of the file that it was read from. */
  readonly stamp: string;
  readonly model: Model;
  readonly vectors: ItemVectors | undefined;
  readonly stages: Map<Slot, Stage>;
}

interface Failure {
  readonly stamp: string;
  readonly since: number;
  readonly message: string;
}

/**
 * The versions in memory and those that cannot be loaded. A version counts as loadable by its file as it is now, also when
 * an earlier one is in memory: so a server that has run for days and one that starts now come to the same answer.
 */
export class LoadedVersions {
  private readonly parts: LoadedVersionsParts;
  private readonly loaded = new Map<number, Loaded>();
  private readonly broken = new Map<number, Failure>();
  /** Out of use, but a chain may hold them until the next `keepOnly`. */
  private retired: Loaded[] = [];

  constructor(parts: LoadedVersionsParts) {
    this.parts = parts;
  }

  has(versionId: number): boolean {
    return this.loaded.has(versionId);
  }

  stage(versionId: number, slot: Slot): Stage | undefined {
    return this.loaded.get(versionId)?.stages.get(slot);
  }

  /** One line for each version that should answer and cannot be loaded. */
  get problems(): readonly string[] {
    return [...this.broken].map(([versionId, { message }]) => `version ${versionId}: ${message}`);
  }

  /** The version as the stage of a slot, read from its file unless that is the one in memory; throws when it cannot be. */
  async open(version: ModelVersion, slot: Slot): Promise<Stage> {
    const stage = await this.stageOf(version, slot, await this.stampOf(version));
    this.broken.delete(version.versionId);
    return stage;
  }

  /** The same, or undefined for a version that cannot be loaded, which is logged and counted once for each file. */
  async tryOpen(version: ModelVersion, slot: Slot): Promise<Stage | undefined> {
    const { store, logger, metrics } = this.parts;
    const { versionId } = version;
    const stamp = await this.stampOf(version);
    const failure = this.broken.get(versionId);
    const unchanged = failure?.stamp === stamp;
    if (unchanged && store.now() - failure.since < TRY_AGAIN_MS) return undefined;
    try {
      const stage = await this.stageOf(version, slot, stamp);
      this.broken.delete(versionId);
      return stage;
    } catch (error) {
      const message = error instanceof PlatformError ? error.code : "it cannot be loaded";
      this.broken.set(versionId, { stamp, since: store.now(), message });
      if (unchanged) return undefined;
      metrics.loadFailures.inc();
      logger.error({ err: error, versionId }, "a model version cannot be loaded");
      return undefined;
    }
  }

  /** Frees every version but these, at once: no chain may hold another any more. */
  keepOnly(wanted: ReadonlySet<number>): void {
    for (const [versionId, loaded] of this.loaded) {
      if (wanted.has(versionId)) continue;
      this.loaded.delete(versionId);
      this.retired.push(loaded);
    }
    for (const versionId of this.broken.keys()) if (!wanted.has(versionId)) this.broken.delete(versionId);
    for (const { model, vectors } of this.retired) {
      model.release?.();
      vectors?.search.release();
    }
    this.retired = [];
  }

  /** Where the file cannot be looked at, such as in an outage of its file system, what is in memory stays. */
  private async stampOf(version: ModelVersion): Promise<string> {
    try {
      return await this.parts.source.stamp(version);
    } catch {
      return this.loaded.get(version.versionId)?.stamp ?? "";
    }
  }

  private async stageOf(version: ModelVersion, slot: Slot, stamp: string): Promise<Stage> {
    const { versionId } = version;
    const known = this.loaded.get(versionId);
    if (known !== undefined && known.stamp !== stamp) {
      this.loaded.delete(versionId);
      this.retired.push(known);
    }
    const loaded = this.loaded.get(versionId) ?? (await this.read(version, stamp));
    this.loaded.set(versionId, loaded);
    const { model, vectors, stages } = loaded;
    const { directory, sessionGapMs } = this.parts;
    const stage =
      stages.get(slot) ?? modelStage({ name: SERVED_BY[slot], versionId, model, vectors, directory, sessionGapMs });
    stages.set(slot, stage);
    return stage;
  }

  private async read(version: ModelVersion, stamp: string): Promise<Loaded> {
    const { source, store, logger } = this.parts;
    const { versionId } = version;
    const model = await source.load(version);
    const vectors = await itemVectors(store, versionId);
    logger.info({ versionId, model: version.model }, "model version loaded");
    return { stamp, model, vectors, stages: new Map() };
  }
}

async function itemVectors(store: Store, versionId: number): Promise<ItemVectors | undefined> {
  const { ids, width, data } = await readVectors(store, versionId, "item");
  return ids.length === 0 ? undefined : { ids: idTable(ids), search: exactSearch(data, width) };
}
