import { loadRecommender } from "@sequitur/builtin";
import { PlatformError } from "@sequitur/core";
import { declaringSignals, type Recommender } from "@sequitur/recommender";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

/** Finds the recommender of a name, in a module when one is given. */
export type LoadAlgorithm = (name: string, module?: string) => Promise<Recommender>;

/** A built-in recommender by name, or the one of that name that a JavaScript file exports. */
export async function loadAlgorithm(name: string, module?: string): Promise<Recommender> {
  return module === undefined ? loadRecommender(name) : recommenderOf(module, name);
}

async function recommenderOf(module: string, name: string): Promise<Recommender> {
  const path = resolve(module);
  let exported: Record<string, unknown>;
  try {
    exported = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
    throw new PlatformError("not-found", `module ${path} cannot be loaded: ${reason}`, { cause });
  }
  const found = Object.values(exported).find((value) => isRecommender(value) && value.name === name);
  if (found === undefined) {
    const names = Object.values(exported)
      .filter(isRecommender)
      .map((value) => value.name);
    throw new PlatformError(
      "not-found",
      `module ${path} must export a recommender named "${name}", got ${names.length > 0 ? names.join(", ") : "none"}.`,
    );
  }
  return declaringSignals(found as Recommender);
}

function isRecommender(value: unknown): value is Recommender {
  const candidate = value as Partial<Recommender> | null;
  return typeof candidate === "object" && typeof candidate?.name === "string" && typeof candidate.fit === "function";
}
