import { PlatformError } from "@sequitur/core";
import { loadModel } from "@sequitur/builtin";
import { decodeArtifact, type Model } from "@sequitur/recommender";
import type { ModelVersion } from "@sequitur/store";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";

/** Reads the file of a version, checks that it is the one that was registered, and loads its model. */
export async function loadVersion(version: ModelVersion): Promise<Model> {
  const bytes = await readFile(version.location).catch((cause: unknown) => {
    throw new PlatformError("not-found", `expected an artifact at ${version.location}, found none.`, { cause });
  });
  const digest = digestOf(bytes);
  if (digest !== version.digest) {
    throw new PlatformError(
      "bad-artifact",
      `${version.location}: expected the bytes of ${version.model} ${version.version}, got others.`,
    );
  }
  return loadModel(decodeArtifact(bytes, version.location));
}

/** SHA-256 of an artifact, hex. */
export function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
