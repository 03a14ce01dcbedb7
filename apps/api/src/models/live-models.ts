import { PlatformError } from "@sequitur/core";
import {
  getModelVersion,
  listModelSlots,
  listStandingVersions,
  type ModelSlot,
  type ModelVersion,
  type Store,
} from "@sequitur/store";
import type { Logger } from "pino";
import type { ApiMetrics } from "../metrics/api-metrics.js";
import { SLOTS, type Slot } from "../schemas/admin-schemas.js";
import type { ItemDirectory } from "../serving/item-directory.js";
import { newestStage, type Stage } from "../serving/stage.js";
import { LoadedVersions, SERVED_BY } from "./loaded-versions.js";
import type { ModelSource } from "./model-source.js";

export interface LiveModelsParts {
  readonly store: Store;
  readonly directory: ItemDirectory;
  readonly source: ModelSource;
  readonly sessionGapMs: number;
  /** Versions that arms of running experiments need. */
  readonly armVersions: () => readonly number[];
  readonly metrics: ApiMetrics;
  readonly logger: Logger;
}

/** Versions kept in memory that do not answer. */
const MOST_PINNED = 4;

/** A slot whose active version cannot be loaded, and the version that answers in its place; null when none can be. */
export interface Fallback {
  readonly active: number;
  readonly serving: number | null;
}

/** What serves, what serves in the place of what, and what cannot be loaded. */
export interface ModelsState {
  readonly slots: Readonly<Record<string, number>>;
  readonly fallbacks: Readonly<Record<string, Fallback>>;
  readonly broken: readonly string[];
}

interface Chosen {
  readonly chain: readonly Stage[];
  readonly shadow: Stage | undefined;
}

/**
 * The models that answer now. `sync` reads from the store which versions should, loads those that are missing beside
 * the running ones and then swaps one reference: a request that began with the old chain ends with it. While the active
 * version of a slot cannot be loaded, the newest activation that can takes its place: by the store and the files alone,
 * so that every server chooses the same.
 */
export class LiveModels {
  private readonly parts: LiveModelsParts;
  private readonly versions: LoadedVersions;
  private readonly pinned = new Set<number>();
  private current: ModelsState = { slots: {}, fallbacks: {}, broken: [] };
  private chosen: Chosen;
  private running: Promise<void> | undefined;
  private again = false;

  constructor(parts: LiveModelsParts) {
    this.parts = parts;
    this.versions = new LoadedVersions(parts);
    this.chosen = { chain: [newestStage(parts.directory)], shadow: undefined };
  }

  /** The fallback chain, best first; it ends with the newest items. */
  get chain(): readonly Stage[] {
    return this.chosen.chain;
  }

  /** The version that ranks along unseen, if any. */
  get shadow(): Stage | undefined {
    return this.chosen.shadow;
  }

  get state(): ModelsState {
    return { ...this.current, broken: this.versions.problems };
  }

  isLoaded(versionId: number): boolean {
    return this.versions.has(versionId);
  }

  /** The chain with another version in the place of the active one, for an arm; the plain chain when it is not loaded. */
  chainWith(versionId: number): readonly Stage[] {
    const stage = this.versions.stage(versionId, "default");
    if (stage === undefined) return this.chain;
    return [stage, ...this.chain.filter(({ name }) => name !== SERVED_BY.default)];
  }

  /** Loads a version and keeps it for a while, so that activating it later costs nothing. Memory holds the last few. */
  async preload(versionId: number): Promise<void> {
    const version = await getModelVersion(this.parts.store, versionId);
    if (version === undefined) throw new PlatformError("not-found", `there is no model version ${versionId}.`);
    await this.versions.open(version, "default");
    this.pinned.delete(versionId);
    this.pinned.add(versionId);
    const [oldest] = this.pinned;
    if (this.pinned.size > MOST_PINNED && oldest !== undefined) this.pinned.delete(oldest);
  }

  /** Brings the chain in line with the store. Calls that overlap are answered by one more look after the running one. */
  async sync(): Promise<void> {
    if (this.running !== undefined) this.again = true;
    this.running ??= this.lookUntilStill().finally(() => (this.running = undefined));
    return this.running;
  }

  private async lookUntilStill(): Promise<void> {
    do {
      this.again = false;
      await this.look();
    } while (this.again);
  }

  private async look(): Promise<void> {
    const slots = new Map((await listModelSlots(this.parts.store)).map((slot) => [slot.slot, slot]));
    const wanted = new Set(this.pinned);
    const stages = new Map<Slot, Stage>();
    for (const slot of SLOTS) {
      const stage = await this.stageFor(slot, slots.get(slot)?.active, wanted);
      if (stage !== undefined) stages.set(slot, stage);
    }
    const shadow = await this.tryOpen(slots.get("default")?.shadow, "default", wanted);
    for (const versionId of this.parts.armVersions()) {
      await this.tryOpen(await getModelVersion(this.parts.store, versionId), "default", wanted);
    }
    this.chosen = { chain: [...withoutTwins(stages.values()), newestStage(this.parts.directory)], shadow };
    this.versions.keepOnly(wanted);
    this.tell(slots, stages);
  }

  /** The active version, or the newest activation that can be loaded. */
  private async stageFor(slot: Slot, active: ModelVersion | undefined, wanted: Set<number>) {
    if (active === undefined) return undefined;
    const stage = await this.tryOpen(active, slot, wanted);
    if (stage !== undefined) return stage;
    for (const version of await listStandingVersions(this.parts.store, slot)) {
      const other = version.versionId === active.versionId ? undefined : await this.tryOpen(version, slot, wanted);
      if (other !== undefined) return other;
    }
    return undefined;
  }

  private async tryOpen(version: ModelVersion | undefined, slot: Slot, wanted: Set<number>) {
    if (version === undefined) return undefined;
    wanted.add(version.versionId);
    return this.versions.tryOpen(version, slot);
  }

  /** Says on /readyz, /metrics and, when it changes, in the log what serves and in whose place. */
  private tell(slots: ReadonlyMap<string, ModelSlot>, stages: ReadonlyMap<Slot, Stage>): void {
    const { metrics, logger } = this.parts;
    const serving: Record<string, number> = {};
    const fallbacks: Record<string, Fallback> = {};
    for (const slot of SLOTS) {
      const active = slots.get(slot)?.active?.versionId;
      const versionId = stages.get(slot)?.versionId;
      if (versionId === undefined) metrics.modelVersion.remove({ slot });
      else metrics.modelVersion.set({ slot }, (serving[slot] = versionId));
      const falls = active !== undefined && versionId !== active;
      metrics.modelFallback.set({ slot }, falls ? 1 : 0);
      if (!falls) continue;
      const fallback = (fallbacks[slot] = { active, serving: versionId ?? null });
      const before = this.current.fallbacks[slot];
      if (before?.active === fallback.active && before.serving === fallback.serving) continue;
      logger.warn({ slot, ...fallback }, "the active version cannot be loaded; an earlier activation serves");
    }
    this.current = { slots: serving, fallbacks, broken: [] };
  }
}

/** One version in two slots is asked once. */
function withoutTwins(stages: Iterable<Stage>): Stage[] {
  const kept = new Map<number, Stage>();
  for (const stage of stages) if (!kept.has(stage.versionId!)) kept.set(stage.versionId!, stage);
  return [...kept.values()];
}
