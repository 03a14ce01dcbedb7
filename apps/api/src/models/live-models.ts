import { idTable, PlatformError } from "@sequitur/core";
import { exactSearch, type Model } from "@sequitur/recommender";
import { getModelVersion, listModelSlots, readVectors, type ModelVersion, type Store } from "@sequitur/store";
import type { Logger } from "pino";
import type { ApiMetrics } from "../metrics/api-metrics.js";
import { SLOTS, type Slot } from "../schemas/admin-schemas.js";
import type { ItemDirectory } from "../serving/item-directory.js";
import { modelStage, newestStage, type ItemVectors, type Stage } from "../serving/stage.js";

/** Reads the artifact of a version and gives its model; throws `bad-artifact` or `not-found`. */
export type LoadVersion = (version: ModelVersion) => Promise<Model>;

export interface LiveModelsParts {
  readonly store: Store;
  readonly directory: ItemDirectory;
  readonly load: LoadVersion;
  readonly sessionGapMs: number;
  /** Versions that arms of running experiments need. */
  readonly armVersions: () => readonly number[];
  readonly metrics: ApiMetrics;
  readonly logger: Logger;
}

/** What `servedBy` says for each slot; the chain asks them in this order, then the newest items. */
const SERVED_BY: Readonly<Record<Slot, string>> = { default: "model", session: "session", popular: "popular" };
/** A file that could not be loaded is tried again after this, not at every look. */
const TRY_AGAIN_MS = 30_000;
/** Versions kept in memory that do not answer. */
const MOST_PINNED = 4;

interface Chosen {
  readonly chain: readonly Stage[];
  readonly shadow: Stage | undefined;
}

/**
 * The models that answer now. `sync` reads from the store which versions should, loads those that are missing beside
 * the running ones and then swaps one reference: a request that began with the old chain ends with it. A version that
 * cannot be loaded leaves its slot as it was.
 */
export class LiveModels {
  private readonly parts: LiveModelsParts;
  /** Version -> its model as the stage of each slot that it was wanted for. */
  private readonly loaded = new Map<number, Map<Slot, Stage>>();
  private readonly broken = new Map<number, { readonly since: number; readonly message: string }>();
  private readonly pinned = new Set<number>();
  private readonly current = new Map<Slot, number>();
  private chosen: Chosen;
  private running: Promise<void> | undefined;
  private again = false;

  constructor(parts: LiveModelsParts) {
    this.parts = parts;
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

  /** Whether any model serves, and what could not be loaded. */
  get state(): { readonly slots: Readonly<Record<string, number>>; readonly broken: readonly string[] } {
    return {
      slots: Object.fromEntries(this.current),
      broken: [...this.broken].map(([versionId, { message }]) => `version ${versionId}: ${message}`),
    };
  }

  isLoaded(versionId: number): boolean {
    return this.loaded.has(versionId);
  }

  /** The chain with another version in the place of the active one, for an arm; the plain chain when it is not loaded. */
  chainWith(versionId: number): readonly Stage[] {
    const stage = this.loaded.get(versionId)?.get("default");
    if (stage === undefined) return this.chain;
    return [stage, ...this.chain.filter(({ name }) => name !== SERVED_BY.default)];
  }

  /** Loads a version and keeps it for a while, so that activating it later costs nothing. Memory holds the last few. */
  async preload(versionId: number): Promise<void> {
    const version = await getModelVersion(this.parts.store, versionId);
    if (version === undefined) throw new PlatformError("not-found", `there is no model version ${versionId}.`);
    this.broken.delete(versionId);
    await this.stageOf(version, "default");
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
    const chain: Stage[] = [];
    const wanted = new Set(this.pinned);
    for (const slot of SLOTS) {
      const active = slots.get(slot)?.active;
      const stage = active && ((await this.tryStage(active, slot)) ?? this.stageBefore(slot));
      if (stage === undefined) {
        this.current.delete(slot);
        continue;
      }
      // One version in two slots is asked once.
      if (!chain.some(({ versionId }) => versionId === stage.versionId)) chain.push(stage);
      wanted.add(stage.versionId!);
      this.current.set(slot, stage.versionId!);
      this.parts.metrics.modelVersion.set({ slot }, stage.versionId!);
    }
    const shadowed = slots.get("default")?.shadow;
    const shadow = shadowed && (await this.tryStage(shadowed, "default"));
    if (shadowed !== undefined) wanted.add(shadowed.versionId);
    for (const versionId of this.parts.armVersions()) {
      const version = await getModelVersion(this.parts.store, versionId);
      if (version !== undefined) await this.tryStage(version, "default");
      wanted.add(versionId);
    }
    this.chosen = { chain: [...chain, newestStage(this.parts.directory)], shadow };
    for (const [versionId, stages] of this.loaded) {
      if (wanted.has(versionId)) continue;
      this.loaded.delete(versionId);
      // Searches do not wait for anything: none is under way now, and no chain holds the stage any more.
      for (const { vectors } of [...stages.values()].slice(0, 1)) vectors?.search.release();
    }
  }

  private stageBefore(slot: Slot): Stage | undefined {
    return this.chosen.chain.find(({ name }) => name === SERVED_BY[slot]);
  }

  private async tryStage(version: ModelVersion, slot: Slot): Promise<Stage | undefined> {
    const { store, logger, metrics } = this.parts;
    const failure = this.broken.get(version.versionId);
    if (failure !== undefined && store.now() - failure.since < TRY_AGAIN_MS) return undefined;
    try {
      const stage = await this.stageOf(version, slot);
      this.broken.delete(version.versionId);
      return stage;
    } catch (error) {
      const message = error instanceof PlatformError ? error.code : "it cannot be loaded";
      this.broken.set(version.versionId, { since: store.now(), message });
      metrics.loadFailures.inc();
      logger.error({ err: error, versionId: version.versionId }, "a model version cannot be loaded");
      return undefined;
    }
  }

  private async stageOf(version: ModelVersion, slot: Slot): Promise<Stage> {
    const { versionId } = version;
    const stages = this.loaded.get(versionId) ?? new Map<Slot, Stage>();
    const known = stages.get(slot);
    if (known !== undefined) return known;
    const { directory, sessionGapMs, load, logger } = this.parts;
    const [other] = stages.values();
    const model = other?.link?.model ?? (await load(version));
    const vectors = other?.vectors ?? (await itemVectors(this.parts.store, versionId));
    const stage = modelStage({ name: SERVED_BY[slot], versionId, model, vectors, directory, sessionGapMs });
    this.loaded.set(versionId, stages.set(slot, stage));
    logger.info({ versionId, model: version.model, slot }, "model version loaded");
    return stage;
  }
}

async function itemVectors(store: Store, versionId: number): Promise<ItemVectors | undefined> {
  const { ids, width, data } = await readVectors(store, versionId, "item");
  return ids.length === 0 ? undefined : { ids: idTable(ids), search: exactSearch(data, width) };
}
