import { nearestName, PlatformError } from "@sequitur/core";
import type { Artifact, Model, Recommender } from "@sequitur/recommender";

type Loaders = Readonly<Record<string, () => Promise<Recommender>>>;

// A package is imported when one of its models is first asked for, not before.
const BASELINES: Loaders = {
  popularity: async () => (await import("@sequitur/baselines")).popularity,
  markov: async () => (await import("@sequitur/baselines")).markov,
  "item-knn": async () => (await import("@sequitur/baselines")).itemKnn,
  ease: async () => (await import("@sequitur/baselines")).ease,
  "session-knn": async () => (await import("@sequitur/baselines")).sessionKnn,
  "co-occurrence": async () => (await import("@sequitur/baselines")).coOccurrence,
  personal: async () => (await import("@sequitur/baselines")).personal,
};

/** Name -> how to load it. */
const LOADERS: Loaders = {
  ...BASELINES,
  // Reads texts, which few data sets have, and refuses the others: it takes part when it is named.
  "content-knn": async () => (await import("@sequitur/baselines")).contentKnn,
  bpr: async () => (await import("@sequitur/mf")).bpr,
  bpo: async () => (await import("@sequitur/mf")).bpo,
  nbpo: async () => (await import("@sequitur/mf")).nbpo,
  warp: async () => (await import("@sequitur/mf")).warp,
  als: async () => (await import("@sequitur/mf")).als,
  sasrec: async () => (await import("@sequitur/sequence")).sasrec,
  gru4rec: async () => (await import("@sequitur/sequence")).gru4rec,
  getnext: async () => (await import("@sequitur/poi")).getnext,
  seaget: async () => (await import("@sequitur/poi")).seaget,
  "lite-llm4rec": async () => (await import("@sequitur/sequence")).liteLlm4rec,
  "slate-gru": async () => (await import("@sequitur/slate")).slateGru,
};

/** Models without a training loop that fit any data: what any other has to beat, and quick. */
export const baselineNames: readonly string[] = Object.keys(BASELINES);

/** Every name that `loadRecommender` takes, simplest first. */
export const recommenderNames: readonly string[] = Object.keys(LOADERS);

/** The recommender of a name; `not-found` lists the names and the nearest spelling. */
export async function loadRecommender(name: string): Promise<Recommender> {
  const load = Object.hasOwn(LOADERS, name) ? LOADERS[name] : undefined;
  if (load !== undefined) return load();
  throw new PlatformError("not-found", noSuchModel(name));
}

/** The sentence that says that no model has this name, which one was most likely meant, and which there are. */
export function noSuchModel(name: string): string {
  const near = nearestName(name, recommenderNames);
  return (
    `no model is called ${JSON.stringify(name)}${near === undefined ? "." : `; did you mean ${near}?`} ` +
    `The models are ${recommenderNames.join(", ")}.`
  );
}

/** The fitted model in an artifact, by the recommender that made it. */
export async function loadModel(artifact: Artifact): Promise<Model> {
  const recommender = await loadRecommender(artifact.model);
  return recommender.load(artifact);
}
