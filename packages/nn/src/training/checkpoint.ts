import { decodeTensorFile, encodeTensorFile, PlatformError, type Tensor, type TensorFile } from "@sequitur/core";
import { writeAtomically } from "@sequitur/core/files";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const FORMAT = "sequitur-checkpoint/1";

/** Where a run stands, between two steps. */
const positionSchema = z.strictObject({
  epoch: z.int().min(0).describe("epochs finished"),
  batch: z.int().min(0).describe("batches of the current epoch that are in the weights"),
  step: z.int().min(0).describe("optimiser steps taken"),
  lossSum: z.number().describe("sum of the batch losses of the current epoch"),
  epochLoss: z.number().nullable().describe("mean loss of the last finished epoch"),
  waited: z.int().min(0).describe("validations since the best one"),
  best: z.strictObject({ value: z.number(), epoch: z.int() }).nullable().describe("the best validation so far"),
  finished: z.boolean().describe("nothing is left to do"),
});
export type Position = z.infer<typeof positionSchema>;

const manifestSchema = z.strictObject({
  format: z.literal(FORMAT),
  identity: z.string().describe("what the run is; a checkpoint of another run is refused"),
  optimiser: z.string(),
  position: positionSchema,
  schedule: z.unknown(),
});

export interface Checkpoint {
  readonly identity: string;
  readonly optimiser: string;
  readonly position: Position;
  /** State of the schedule, or null. */
  readonly schedule: unknown;
  readonly weights: ReadonlyMap<string, Tensor>;
  readonly memory: ReadonlyMap<string, Tensor>;
  readonly average: ReadonlyMap<string, Tensor>;
}

const GROUPS = ["weights", "memory", "average"] as const;

/** Writes DIR/last.safetensors or DIR/best.safetensors in one rename, so that a crash leaves the old one or the new. */
export async function writeCheckpoint(dir: string, which: "last" | "best", checkpoint: Checkpoint): Promise<void> {
  const { identity, optimiser, position, schedule } = checkpoint;
  const tensors = new Map<string, Tensor>();
  for (const group of GROUPS) {
    for (const [name, tensor] of checkpoint[group]) tensors.set(`${group}/${name}`, tensor);
  }
  const manifest = { format: FORMAT, identity, optimiser, position, schedule: schedule ?? null };
  await writeAtomically(join(dir, `${which}.safetensors`), encodeTensorFile({ manifest, tensors }));
}

/** Reads a checkpoint of the run `identity`; undefined when there is none, `bad-artifact` when it is another run's. */
export async function readCheckpoint(
  dir: string,
  which: "last" | "best",
  identity: string,
): Promise<Checkpoint | undefined> {
  const path = join(dir, `${which}.safetensors`);
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new PlatformError("bad-artifact", `the checkpoint ${path} cannot be read.`, { cause });
  }
  return parseCheckpoint(decodeTensorFile(bytes, path), path, identity);
}

function parseCheckpoint(file: TensorFile, path: string, identity: string): Checkpoint {
  const parsed = manifestSchema.safeParse(file.manifest);
  if (!parsed.success) {
    const problem = parsed.error.issues[0];
    throw new PlatformError(
      "bad-artifact",
      `${path}: expected a checkpoint of format ${FORMAT}: ${problem?.path.join(".")}: ${problem?.message}.`,
    );
  }
  if (parsed.data.identity !== identity) {
    throw new PlatformError(
      "bad-artifact",
      `${path} belongs to run ${parsed.data.identity}, expected ${identity}: give an empty folder or the same settings.`,
    );
  }
  const groups = { weights: new Map(), memory: new Map(), average: new Map() } as Record<string, Map<string, Tensor>>;
  for (const [key, tensor] of file.tensors) {
    const slash = key.indexOf("/");
    const group = groups[key.slice(0, slash)];
    if (group === undefined) throw new PlatformError("bad-artifact", `${path}: unexpected tensor ${key}.`);
    group.set(key.slice(slash + 1), tensor);
  }
  const { weights, memory, average } = groups;
  return { ...parsed.data, weights, memory, average };
}
