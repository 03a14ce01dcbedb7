import { loadRecommender } from "@sequitur/builtin";
import {
  applySignals,
  DEFAULT_SIGNALS,
  kindsOfRole,
  parseConfig,
  PlatformError,
  Random,
  type Catalog,
  type Interactions,
  type Report,
  type Signals,
  type SlateLog,
} from "@sequitur/core";
import { fingerprint } from "@sequitur/data";
import { fitOnSlates, type Recommender } from "@sequitur/recommender";
import {
  activateModelVersion,
  lastOutcome,
  listModelSlots,
  readInteractions,
  readSignals,
  readSlates,
  registerModelVersion,
  slateLogOf,
  type ModelVersion,
  type Store,
} from "@sequitur/store";
import type { Slot } from "../schemas/admin-schemas.js";
import { keepArtifact, keepVectors } from "./keep-model.js";
import { validateVersion, type Validation } from "./validate-version.js";
import { POSITIVE_FEEDBACK } from "../serving/positive-feedback.js";

export interface TrainRequest {
  readonly store: Store;
  /** Name of a registered recommender. */
  readonly model: string;
  /** Its config; what is left out gets the default. */
  readonly config?: unknown;
  /** Folder of the artifacts; servers find them by name in their setting `artifactsDir`. */
  readonly artifactsDir: string;
  /** The slot that it is meant for. Default: the main one. */
  readonly slot?: Slot;
  /** Let it answer at once, unless it is worse beyond chance than what answers now or than popularity; every server follows. */
  readonly activate: boolean;
  /** Let it answer also when it is worse. */
  readonly force?: boolean;
  /** Keep the newest questions from a first fit, to choose and to measure by; true when absent. */
  readonly validate?: boolean;
  /** Finds a recommender by name; the built-in ones when absent. */
  readonly load?: (name: string) => Promise<Recommender>;
  /** What events say of liking, for this fit alone. Default: the store's table, else the default one. */
  readonly signals?: Signals;
  /** Gets one line on each part of the data that a fit cannot use. */
  readonly warn?: (message: string) => void;
  /** Kinds of feedback that count as interactions where no event tells of them. Default: also all that is negative. */
  readonly feedback?: readonly string[];
  /** Also fit what cold users and sessions fall back to. */
  readonly fallbacks: boolean;
  readonly seed: number;
  readonly codeVersion: string;
  readonly threads?: number | undefined;
  readonly report?: Report;
  readonly signal?: AbortSignal;
}

export interface TrainedVersion {
  readonly slot: Slot;
  readonly version: ModelVersion;
  readonly active: boolean;
  /** Why it was not activated though that was asked for; null otherwise. */
  readonly refused: string | null;
}

/** What the fallback slots are filled with. */
export const FALLBACKS: readonly (readonly [Slot, string])[] = [
  ["session", "session-knn"],
  ["popular", "popularity"],
];

/** Refuses a model that is not registered or a config that it does not take, before anything is opened or read. */
export async function checkTraining({
  model,
  config = {},
  load = loadRecommender,
}: Pick<TrainRequest, "model" | "config" | "load">): Promise<void> {
  const recommender = await load(model);
  parseConfig(recommender.config, config, `config of ${model}`);
}

/**
 * Fits a model on every interaction of the store and the reactions to what was shown, with the settings that a first fit
 * without the newest ones chose, keeps the artifact as a file named after its content and registers the version with what
 * that first fit was worth. When asked it answers, unless it is worse beyond chance than what answers now or than
 * popularity on the same held-out questions. `bad-data` when the store is empty, `not-found` for an unknown model.
 */
export async function trainFromStore(request: TrainRequest): Promise<readonly TrainedVersion[]> {
  const { store, model, config = {}, slot = "default", fallbacks } = request;
  await checkTraining(request);
  const signals = request.signals ?? (await readSignals(store)) ?? DEFAULT_SIGNALS;
  const feedback = request.feedback ?? [...POSITIVE_FEEDBACK, ...kindsOfRole(signals, "negative")];
  const train = applySignals(await readInteractions(store, { feedback, ...runOf(request) }), signals);
  if (train.size === 0) {
    throw new PlatformError("bad-data", "expected interactions in the store, found none; import data or send events.");
  }
  const print = fingerprint(train);
  const trained = [await trainOne(request, train, { slot, model, config, print })];
  if (!fallbacks) return trained;
  for (const [other, name] of FALLBACKS) {
    if (other !== slot) trained.push(await trainOne(request, train, { slot: other, model: name, config: {}, print }));
  }
  return trained;
}

interface Job {
  readonly slot: Slot;
  readonly model: string;
  readonly config: unknown;
  /** Fingerprint of the interactions. */
  readonly print: string;
}

async function trainOne(request: TrainRequest, train: Interactions, job: Job): Promise<TrainedVersion> {
  const { store, seed, codeVersion, threads, activate, force = false, load = loadRecommender } = request;
  const { slot, model, print } = job;
  const recommender = await load(model);
  const given = parseConfig(recommender.config, job.config, `config of ${model}`);
  const { warn } = request;
  const random = new Random(seed).fork(model);
  const run = { ...runOf(request), ...(threads !== undefined && { threads }), ...(warn && { warn }), random };
  // Read first: an outcome that comes meanwhile is learned when it is served, twice at worst, and never lost.
  const learnedTo = await lastOutcome(store);
  const slates = recommender.fitSlates === undefined ? undefined : await slatesOf(request, train.catalog);
  const active = (await listModelSlots(store)).find((one) => one.slot === slot)?.active;
  const validated =
    slates !== undefined || request.validate === false
      ? undefined
      : await validateVersion({ train, recommender, config: given, active, seed, load, run });
  const config = parseConfig(recommender.config, validated?.config ?? given, `config of ${model}`);
  const started = store.now();
  const fitted =
    slates === undefined
      ? await recommender.fit(train, config, run)
      : await fitOnSlates(recommender, slates, config, run);
  const origin = { dataFingerprint: print, seed, codeVersion };
  const { location, digest } = await keepArtifact(request.artifactsDir, { ...fitted.save(), origin });
  const version = await registerModelVersion(store, {
    model,
    digest,
    location,
    config,
    dataFingerprint: print,
    learnedTo,
    metrics: metricsOf(validated?.validation),
    validation: validated === undefined ? null : { ...validated.validation },
    fit: {
      codeVersion,
      seed,
      threads: threads ?? 1,
      interactions: train.size,
      fitSeconds: (store.now() - started) / 1000,
      peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
    },
  });
  await keepVectors(store, version.versionId, fitted);
  fitted.release?.();
  const refused = activate && !force ? refusalOf(validated?.validation) : null;
  const answers = activate && refused === null;
  if (answers) await activateModelVersion(store, version.versionId, { slot, reason: "trained from the store" });
  return { slot, version, active: answers, refused };
}

function metricsOf(validation: Validation | undefined): Record<string, number> {
  const means = Object.entries(validation?.rows[0]?.measures ?? {}).map(([name, { mean }]) => [name, mean] as const);
  return Object.fromEntries(means.flatMap(([name, mean]) => (mean === null ? [] : [[name, mean]])));
}

/** Why the gate stays shut; null when it opens. */
function refusalOf(validation: Validation | undefined): string | null {
  if (validation === undefined || validation.worseThan.length === 0) return null;
  const { worseThan, questions, users } = validation;
  return `on ${questions} held-out questions of ${users} users it is worse beyond chance than ${worseThan.join(" and ")}`;
}

/** What was shown and chosen, for models of slates; undefined while nothing was shown. */
async function slatesOf(request: TrainRequest, catalog: Catalog): Promise<SlateLog | undefined> {
  const { store, feedback = POSITIVE_FEEDBACK, signal } = request;
  const log = slateLogOf(catalog, await readSlates(store, { ...(signal && { signal }) }), feedback);
  return log.size === 0 ? undefined : log;
}

function runOf({ report, signal }: TrainRequest): { report?: Report; signal?: AbortSignal } {
  return { ...(report && { report }), ...(signal && { signal }) };
}
