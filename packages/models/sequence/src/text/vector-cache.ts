import { decodeTensorFile, encodeTensorFile, stringsOf, stringsTensor } from "@sequitur/core";
import { writeAtomically } from "@sequitur/core/files";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** Vectors by text of one model, in a file named by the model's hash. */
export interface VectorCache {
  get(text: string): Float32Array | undefined;
  /** Adds vectors and writes the file; a reader sees the old one or the new one. */
  add(vectors: ReadonlyMap<string, Float32Array>): Promise<void>;
}

const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 32);

/** The cache of a model in a folder, which is made when needed; a file that cannot be read counts as empty. */
export async function openVectorCache(folder: string, modelHash: string): Promise<VectorCache> {
  const path = join(folder, `${modelHash}.safetensors`);
  const vectors = await readVectors(path);
  return {
    get: (text) => vectors.get(hashOf(text)),
    async add(added) {
      // What another process has added meanwhile is kept.
      for (const [hash, vector] of await readVectors(path)) vectors.set(hash, vector);
      for (const [text, vector] of added) vectors.set(hashOf(text), vector);
      await writeVectors(path, vectors);
    },
  };
}

async function readVectors(path: string): Promise<Map<string, Float32Array>> {
  try {
    const { tensors } = decodeTensorFile(await readFile(path), path);
    const hashes = stringsOf(tensors.get("hashes"), path);
    const { shape, data } = tensors.get("vectors")!;
    const width = shape[1]!;
    return new Map(hashes.map((hash, row) => [hash, (data as Float32Array).slice(row * width, (row + 1) * width)]));
  } catch {
    return new Map();
  }
}

async function writeVectors(path: string, vectors: ReadonlyMap<string, Float32Array>): Promise<void> {
  const width = vectors.values().next().value?.length ?? 0;
  const data = new Float32Array(vectors.size * width);
  [...vectors.values()].forEach((vector, row) => data.set(vector, row * width));
  const tensors = new Map([
    ["hashes", stringsTensor([...vectors.keys()])],
    ["vectors", { shape: [vectors.size, width], data }],
  ]);
  await writeAtomically(path, encodeTensorFile({ manifest: { format: "sequitur-text-vectors/1" }, tensors }));
}
