import { loadModel } from "@sequitur/builtin";
import type { Artifact } from "@sequitur/recommender";
import { activateModelVersion, registerModelVersion, type ModelVersion, type Store } from "@sequitur/store";
import type { Slot } from "../schemas/admin-schemas.js";
import { keepArtifact, keepVectors } from "./keep-model.js";

export interface FittedRequest {
  readonly store: Store;
  /** A fitted model of a built-in recommender: what `save` gives, or what `readArtifact` reads. */
  readonly artifact: Artifact;
  /** Folder of the artifacts; servers find them by name in their setting `artifactsDir`. */
  readonly artifactsDir: string;
  readonly slot: Slot;
  /** Offline results, such as { "ndcg@10": 0.31 }. */
  readonly metrics?: Readonly<Record<string, number>>;
}

/**
 * Lets a model that is fitted already answer in a slot: keeps its artifact in the folder, registers the version and
 * activates it. `not-found` when no built-in recommender has its name, `bad-artifact` when that cannot load it; then
 * nothing changes.
 */
export async function serveFitted(request: FittedRequest): Promise<ModelVersion> {
  const { store, artifact, artifactsDir, slot, metrics = {} } = request;
  const { model: name, config, origin } = artifact;
  const model = await loadModel(artifact);
  try {
    const version = await registerModelVersion(store, {
      ...(await keepArtifact(artifactsDir, artifact)),
      model: name,
      config,
      metrics,
      ...(origin && {
        dataFingerprint: origin.dataFingerprint,
        fit: { codeVersion: origin.codeVersion, seed: origin.seed },
      }),
    });
    await keepVectors(store, version.versionId, model);
    await activateModelVersion(store, version.versionId, { slot, reason: "fitted elsewhere" });
    return version;
  } finally {
    model.release?.();
  }
}
