import { applySignals, HOUR_MS, Random, type Interactions } from "@sequitur/core";
import { loadRecommender } from "@sequitur/builtin";
import type { Model } from "@sequitur/recommender";
import {
  activateModelVersion,
  createApiKey,
  readInteractions,
  registerModelVersion,
  type ModelVersion,
  type Store,
} from "@sequitur/store";
import pino, { type Logger } from "pino";
import { createApi, type Api } from "./app.js";
import { SCOPES, type Scope } from "./http/principal.js";
import type { ModelSource } from "./models/model-source.js";
import type { Slot } from "./schemas/admin-schemas.js";
import { apiSettingsSchema, type ApiSettings } from "./settings.js";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // Tests look into answers of any shape.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

/** An API on a store of its own, with a key for each scope and models in memory. */
export interface TestApi extends Api {
  readonly store: Store;
  readonly keys: Readonly<Record<Scope, string>>;
  readonly log: readonly string[];
  /** Sends JSON with the key of a scope; "nobody" sends none. */
  call(method: string, path: string, body?: unknown, as?: Scope | "nobody"): Promise<Answer>;
  /** Registers a model and lets it answer in a slot. */
  serve(model: Model, slot?: Slot): Promise<ModelVersion>;
  /** Registers a model without letting it answer. */
  register(model: Model): Promise<ModelVersion>;
  /** Fits a registered model on what the store holds. */
  fit(name: string, config?: unknown): Promise<Model>;
}

export async function testApi(
  store: Store,
  settings: Partial<ApiSettings> = {},
  other: ModelSource = { load: () => Promise.reject(new Error("gone")), stamp: async () => "gone" },
): Promise<TestApi> {
  const models = new Map<string, Model>();
  const { logger, log } = memoryLogger();
  const source: ModelSource = {
    load: async (version) => models.get(version.digest) ?? other.load(version),
    stamp: async (version) => (models.has(version.digest) ? version.digest : other.stamp(version)),
  };
  const parsed = apiSettingsSchema.parse({
    requestsPerSecondPerAddress: 100_000,
    // Most tests describe no items.
    unknownItems: "recommend",
    ...settings,
  });
  const api = createApi({ store, source, settings: parsed, logger });
  await api.serving.start();
  const keys = await keysOf(store);
  const register = async (model: Model): Promise<ModelVersion> => {
    const digest = `digest-${models.size}-${model.name}`;
    models.set(digest, model);
    return registerModelVersion(store, { model: model.name, digest, location: "memory" });
  };
  return {
    ...api,
    store,
    keys,
    log,
    register,
    call: async (method, path, body, as = scopeFor(path)) => {
      const headers: Record<string, string> = as === "nobody" ? {} : { authorization: `Bearer ${keys[as]}` };
      if (body !== undefined) headers["content-type"] = "application/json";
      const text = typeof body === "string" ? body : JSON.stringify(body);
      const response = await api.app.request(path, { method, headers, ...(body !== undefined && { body: text }) });
      const answer = await response.text();
      return { status: response.status, headers: response.headers, body: parsedOr(answer) };
    },
    serve: async (model, slot = "default") => {
      const version = await register(model);
      await activateModelVersion(store, version.versionId, { slot });
      await api.serving.sync();
      return version;
    },
    fit: async (name, config = {}) => fitted(name, applySignals(await readInteractions(store)), config),
  };
}

/** A registered model, fitted. */
export async function fitted(name: string, train: Interactions, config: unknown = {}): Promise<Model> {
  const recommender = await loadRecommender(name);
  return recommender.fit(train, recommender.config.parse(config), { random: new Random(1) });
}

function parsedOr(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function memoryLogger(): { logger: Logger; log: string[] } {
  const log: string[] = [];
  const logger = pino({ level: "debug" }, { write: (line: string) => void log.push(line) });
  return { logger, log };
}

async function keysOf(store: Store): Promise<Record<Scope, string>> {
  const keys = {} as Record<Scope, string>;
  for (const scope of SCOPES) keys[scope] = (await createApiKey(store, { name: scope, scopes: [scope] })).secret;
  return keys;
}

/** The scope that a route asks for, so that tests need not repeat it. */
function scopeFor(path: string): Scope {
  if (path.endsWith("/delete")) return "catalog";
  if (/^\/v1\/(events|feedback)/.test(path)) return "ingest";
  if (/^\/v1\/(models|experiments|keys|previews|overview)|^\/metrics/.test(path)) return "admin";
  if (/^\/v1\/items\/[^/]+\/similar/.test(path)) return "serve";
  return /^\/v1\/(users|items)/.test(path) ? "catalog" : "serve";
}

/** Users u0.. walk the items i0 -> i1 -> ... -> i0 in a circle, an hour a step, from different places. */
export function circleEvents(users: number, items: number, steps: number, startMs: number): object[] {
  return Array.from({ length: users }, (_, user) =>
    Array.from({ length: steps }, (_, step) => ({
      eventId: `e-${user}-${step}`,
      userId: `u${user}`,
      itemId: `i${(user + step) % items}`,
      time: startMs + user * 1000 + step * HOUR_MS,
    })),
  ).flat();
}
