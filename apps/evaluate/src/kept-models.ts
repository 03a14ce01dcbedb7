import { readArtifact, type Artifact } from "@sequitur/recommender";
import { join } from "node:path";

/** Below the folder of the report. */
export const MODELS_FOLDER = "models";

/** Where an experiment that keeps models leaves that of a label. */
export function modelPath(out: string, label: string): string {
  return join(out, MODELS_FOLDER, `${encodeURIComponent(label)}.safetensors`);
}

/** The fit that an experiment kept under a label; `not-found` when there is none. */
export function readKeptModel(out: string, label: string): Promise<Artifact> {
  return readArtifact(modelPath(out, label));
}
