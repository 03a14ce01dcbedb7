import {
  decodeTensorFile,
  encodeTensorFile,
  idTable,
  parseConfig,
  PlatformError,
  stringsOf,
  stringsTensor,
  type Catalog,
  type IdTable,
  type Tensor,
} from "@sequitur/core";
import { writeAtomically } from "@sequitur/core/files";
import { readFile } from "node:fs/promises";
import { z } from "zod";

export const ARTIFACT_FORMAT = "sequitur-artifact/1";

/** A fitted model as data: what `save` gives and `load` takes; on disk one safetensors file. */
export interface Artifact {
  /** Name of the recommender that can load it. */
  readonly model: string;
  /** The resolved config of the fit. */
  readonly config: unknown;
  readonly catalog: Catalog;
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Where it came from; filled by the app that ran the fit. */
  readonly origin?: ArtifactOrigin;
}

const originSchema = z.strictObject({
  dataFingerprint: z.string().describe("fingerprint of the training interactions"),
  seed: z.union([z.number(), z.string()]).describe("seed of the fit"),
  codeVersion: z.string().describe("version or commit of the code that ran the fit"),
});
export type ArtifactOrigin = z.infer<typeof originSchema>;

const manifestSchema = z.strictObject({
  format: z.literal(ARTIFACT_FORMAT),
  model: z.string().min(1),
  config: z.unknown(),
  origin: originSchema.optional(),
});

const ITEM_IDS = "catalog.items";
const USER_IDS = "catalog.users";

/** The artifact as bytes in safetensors layout; ids are kept, item columns are not. */
export function encodeArtifact(artifact: Artifact): Uint8Array<ArrayBuffer> {
  const { model, config, origin, catalog } = artifact;
  const tensors = new Map(artifact.tensors);
  for (const reserved of [ITEM_IDS, USER_IDS]) {
    if (tensors.has(reserved)) throw new PlatformError("bad-artifact", `tensor name ${reserved} is reserved.`);
  }
  tensors.set(ITEM_IDS, stringsTensor(catalog.items.ids));
  tensors.set(USER_IDS, stringsTensor(catalog.users.ids));
  const manifest = { format: ARTIFACT_FORMAT, model, config, ...(origin && { origin }) };
  return encodeTensorFile({ manifest, tensors });
}

/** Checks layout, format and ids; the model's own `load` then checks its tensors and config. */
export function decodeArtifact(bytes: Uint8Array, where: string): Artifact {
  const file = decodeTensorFile(bytes, where);
  const parsed = manifestSchema.safeParse(file.manifest);
  if (!parsed.success) {
    const format = (file.manifest as { format?: unknown } | null)?.format;
    const problem = parsed.error.issues[0]?.message ?? "unreadable manifest";
    throw new PlatformError(
      "bad-artifact",
      `${where}: expected a manifest of format ${ARTIFACT_FORMAT}, got format ${JSON.stringify(format)} (${problem}).`,
    );
  }
  const { model, config, origin } = parsed.data;
  const tensors = new Map(file.tensors);
  const items = readIds(tensors.get(ITEM_IDS), `${where}: tensor ${ITEM_IDS}`);
  const users = readIds(tensors.get(USER_IDS), `${where}: tensor ${USER_IDS}`);
  tensors.delete(ITEM_IDS);
  tensors.delete(USER_IDS);
  return { model, config, catalog: { items, users, itemColumns: {} }, tensors, ...(origin && { origin }) };
}

function readIds(tensor: Tensor | undefined, where: string): IdTable {
  const ids = stringsOf(tensor, where);
  try {
    return idTable(ids);
  } catch (cause) {
    throw new PlatformError("bad-artifact", `${where}: ${(cause as Error).message}`, { cause });
  }
}

/**
 * Writes the file whole: a reader sees the old one or the new one. `unavailable` with the reason when the disk refuses.
 */
export async function writeArtifact(path: string, artifact: Artifact): Promise<void> {
  await writeAtomically(path, encodeArtifact(artifact));
}

/** Reads and checks an artifact file; `not-found` when there is none. */
export async function readArtifact(path: string): Promise<Artifact> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new PlatformError("not-found", `no artifact can be read at ${path}.`, { cause });
  }
  return decodeArtifact(bytes, path);
}

/** For `load`: throws unless the artifact is this model's, and gives its config parsed by the schema. */
export function artifactConfig<T>(artifact: Artifact, name: string, schema: z.ZodType<T>): T {
  if (artifact.model !== name) {
    throw new PlatformError("bad-artifact", `expected an artifact of ${name}, got one of ${artifact.model}.`);
  }
  return parseConfig(schema, artifact.config, `artifact of ${name}`);
}

/** For `load`: the named tensor, checked for type and shape (-1 in `shape` means any size). */
export function artifactTensor<T extends Tensor["data"]>(
  artifact: Artifact,
  name: string,
  Data: abstract new (...args: never[]) => T,
  shape: readonly number[],
): T {
  const tensor = artifact.tensors.get(name);
  const fits =
    tensor !== undefined &&
    tensor.data instanceof Data &&
    tensor.shape.length === shape.length &&
    tensor.shape.every((size, axis) => shape[axis] === -1 || shape[axis] === size);
  if (!fits) {
    const came = tensor === undefined ? "none" : `${tensor.data.constructor.name} [${tensor.shape}]`;
    throw new PlatformError(
      "bad-artifact",
      `artifact of ${artifact.model}: tensor ${name} must be ${Data.name} [${shape}], got ${came}.`,
    );
  }
  return tensor.data;
}
