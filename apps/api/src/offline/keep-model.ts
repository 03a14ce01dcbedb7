import { writeAtomically } from "@sequitur/core/files";
import { encodeArtifact, type Artifact, type Model } from "@sequitur/recommender";
import { writeVectors, type Store } from "@sequitur/store";
import { join } from "node:path";
import { digestOf } from "../models/model-source.js";

/** Vectors lie beside their version in the store, so that items can be compared and users erased without its artifact. */
export async function keepVectors(store: Store, versionId: number, model: Model): Promise<void> {
  const found = model.vectors?.();
  if (found === undefined) return;
  const { catalog } = model;
  const { width, items, users } = found;
  await writeVectors(store, versionId, "item", { ids: catalog.items.ids, width, data: items });
  if (users) await writeVectors(store, versionId, "user", { ids: catalog.users.ids, width, data: users });
}

/** Keeps the artifact in the folder, named by its digest; no server ever reads half of it. */
export async function keepArtifact(
  folder: string,
  artifact: Artifact,
): Promise<{ readonly location: string; readonly digest: string }> {
  const bytes = encodeArtifact(artifact);
  const digest = digestOf(bytes);
  const location = `${artifact.model}-${digest.slice(0, 16)}.safetensors`;
  await writeAtomically(join(folder, location), bytes);
  return { location, digest };
}
