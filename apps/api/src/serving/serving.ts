import {
  DEFAULT_SIGNALS,
  HOUR_MS,
  kindsOfRole,
  signalReader,
  type Random,
  type SignalReader,
  type Signals,
} from "@sequitur/core";
import {
  getItems,
  grouped,
  readSignals,
  recordRequests,
  userHistory,
  type HistoryAsk,
  type HistoryEntry,
  type RequestRecord,
  type Store,
} from "@sequitur/store";
import type { Logger } from "pino";
import type { ApiMetrics } from "../metrics/api-metrics.js";
import { LiveModels } from "../models/live-models.js";
import type { ModelSource } from "../models/model-source.js";
import type { ApiSettings } from "../settings.js";
import { AskerAttributes } from "./asker-fields.js";
import { LiveExperiments } from "./live-experiments.js";
import { LiveItems } from "./live-items.js";
import { ServedPolicies } from "./served-policies.js";
import { WriteHealth } from "./write-health.js";

export interface ServingParts {
  readonly store: Store;
  readonly source: ModelSource;
  readonly settings: ApiSettings;
  readonly metrics: ApiMetrics;
  readonly logger: Logger;
  /** Seeds the policies' draws. */
  readonly random: Random;
}

/** Everything that answers questions, and keeps itself in step with the store. */
export class Serving {
  readonly store: Store;
  readonly settings: ApiSettings;
  readonly metrics: ApiMetrics;
  readonly logger: Logger;
  readonly random: Random;
  readonly items: LiveItems;
  readonly experiments: LiveExperiments;
  readonly models: LiveModels;
  readonly policies: ServedPolicies;
  readonly askers: AskerAttributes;
  readonly writes: WriteHealth;
  /** Commits what was shown, together with what other requests show meanwhile. */
  readonly record: (requests: readonly RequestRecord[]) => Promise<unknown>;
  /** Histories for the models, read together with those that other requests want meanwhile. */
  readonly history: (asks: readonly HistoryAsk[]) => Promise<HistoryEntry[][]>;
  /** The same as long as `excludeSeen` needs them. */
  readonly longHistory: (asks: readonly HistoryAsk[]) => Promise<HistoryEntry[][]>;
  /** Reads what events say, by the store's table of signals. */
  readSignal: SignalReader = signalReader(DEFAULT_SIGNALS);
  /** ms since the epoch, UTC. */
  readonly startedAt: number;
  private signals: Signals = DEFAULT_SIGNALS;
  private timer: NodeJS.Timeout | undefined;
  private stopListening: (() => Promise<void>) | undefined;
  private pending: Promise<void> = Promise.resolve();
  private stopped = false;
  private synced = false;

  constructor({ store, source, settings, metrics, logger, random }: ServingParts) {
    this.store = store;
    this.settings = settings;
    this.metrics = metrics;
    this.logger = logger;
    this.random = random;
    this.startedAt = store.now();
    this.writes = new WriteHealth(() => store.now());
    this.policies = new ServedPolicies(store);
    this.askers = new AskerAttributes(store);
    this.items = new LiveItems(store, {
      unknown: settings.unknownItems === "recommend",
      timeToLiveMs: (settings.itemTimeToLiveHours ?? Infinity) * HOUR_MS,
    });
    this.experiments = new LiveExperiments(store);
    const { directory } = this.items;
    const sessionGapMs = (settings.sessionGapHours ?? Infinity) * HOUR_MS;
    const armVersions = (): readonly number[] => this.experiments.armVersions();
    this.models = new LiveModels({ store, directory, source, sessionGapMs, armVersions, metrics, logger });
    const limit = store.engine === "pglite" ? 1 : 4;
    const { historyLength, seenLength } = settings;
    const reader = (length: number) =>
      grouped(
        (asks: readonly HistoryAsk[]) =>
          userHistory(store, asks, { limit: length, standing: kindsOfRole(this.signals, "negative") }),
        {
          limit: Math.ceil(limit / 2),
          maxRows: 100,
        },
      );
    this.history = reader(historyLength);
    this.longHistory = reader(Math.max(seenLength, historyLength));
    this.record = grouped(
      this.writes.watched(async (requests: readonly RequestRecord[]) => {
        await recordRequests(store, requests);
        return requests.map(() => true);
      }),
      { limit, maxRows: 500 },
    );
  }

  /** Whether items, models and experiments were read once. */
  get isSynced(): boolean {
    return this.synced;
  }

  /** Reads everything once, then follows the changes that the database announces and looks now and then besides. */
  async start(): Promise<void> {
    this.stopListening = await this.store.onChange(({ kind }) => {
      if (kind === "resync") this.items.forget();
      this.soon();
    });
    await this.sync();
    this.timer = setInterval(() => this.soon(), this.settings.syncSeconds * 1000);
    this.timer.unref();
  }

  /** Brings items, experiments and models in line with the store. */
  async sync(): Promise<void> {
    this.signals = (await readSignals(this.store)) ?? DEFAULT_SIGNALS;
    this.readSignal = signalReader(this.signals);
    await this.items.sync();
    await this.experiments.sync();
    await this.models.sync();
    await this.policies.keep((versionId) => this.models.isLoaded(versionId));
    await this.policies.follow();
    this.metrics.items.set(this.items.directory.liveCount);
    this.synced = true;
  }

  /** Takes items over at once, so that this process serves what it has just acknowledged. */
  async refreshItems(itemIds: readonly string[]): Promise<void> {
    for (const item of (await getItems(this.store, itemIds)).values()) this.items.take(item);
  }

  /** Follows the store in the background; what fails is logged and tried again at the next look. */
  soon(): void {
    if (this.stopped) return;
    this.pending = this.sync().catch((error: unknown) => {
      if (!this.stopped) this.logger.warn({ err: error }, "the store could not be read; trying again");
    });
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    await this.stopListening?.();
    await this.pending;
    await this.policies.saveAll().catch((error: unknown) => {
      this.logger.warn({ err: error }, "what policies have learned could not be saved; it is learned again");
    });
  }
}
