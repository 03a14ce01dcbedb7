import { PlatformError } from "@sequitur/core";
import { loadModel } from "@sequitur/builtin";
import { decodeArtifact, type Model } from "@sequitur/recommender";
import type { ModelVersion } from "@sequitur/store";
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { isAbsolute, join, relative } from "node:path";

/** Where the models of versions come from. */
export interface ModelSource {
  /** The model of a version; throws `bad-artifact`, or `not-found` for a file that is not there. */
  load(version: ModelVersion): Promise<Model>;
  /** A text that changes when what `load` would read changes; cheap, for it is asked at every look. */
  stamp(version: ModelVersion): Promise<string>;
}

/** The artifacts of a folder, found by their path below it: each server may see the folder under a path of its own. */
export function artifactFolder(folder: string): ModelSource {
  return {
    async load(version) {
      const path = artifactPath(folder, version);
      const bytes = await readFile(path).catch((cause: unknown) => {
        throw new PlatformError("not-found", `expected the artifact ${path}, found none.`, { cause });
      });
      if (digestOf(bytes) !== version.digest) {
        const name = `${version.model} ${version.version}`;
        throw new PlatformError("bad-artifact", `${path}: expected the bytes of ${name}, got others.`);
      }
      return loadModel(decodeArtifact(bytes, path));
    },
    async stamp(version) {
      try {
        const { size, mtimeMs, ino } = await stat(artifactPath(folder, version));
        return [version.location, size, mtimeMs, ino].join(" ");
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === "ENOENT" || code === "ENOTDIR" || error instanceof PlatformError) {
          return `${version.location} missing`;
        }
        throw error;
      }
    },
  };
}

function artifactPath(folder: string, { location }: ModelVersion): string {
  const path = join(folder, location);
  if (!isAbsolute(location) && !relative(folder, path).startsWith("..")) return path;
  throw new PlatformError("not-found", `expected the path of an artifact below ${folder}, got ${location}.`);
}

/** SHA-256 of an artifact, hex. */
export function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
