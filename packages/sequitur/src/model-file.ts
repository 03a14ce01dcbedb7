import { loadModel } from "@sequitur/builtin";
import { readArtifact, writeArtifact, type Model, type Recommender } from "@sequitur/recommender";

/** Writes a fitted model to one file (safetensors with a JSON manifest), whole or not at all. */
export async function save(model: Model, path: string): Promise<void> {
  await writeArtifact(path, model.save());
}

/** Reads a model that `save` wrote; `own` holds recommenders that are not built in. */
export async function load(path: string, own: readonly Recommender[] = []): Promise<Model> {
  const artifact = await readArtifact(path);
  const recommender = own.find(({ name }) => name === artifact.model);
  return recommender === undefined ? loadModel(artifact) : recommender.load(artifact);
}
