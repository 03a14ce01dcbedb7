import {
  decodeTensorFile,
  encodeTensorFile,
  PlatformError,
  type Interactions,
  type Random,
  type Tensor,
} from "@sequitur/core";
import { writeAtomically } from "@sequitur/core/files";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const FORMAT = "sequitur-mf-checkpoint/1";
const FILE = "last.safetensors";

const positionSchema = z.strictObject({
  epoch: z.int().min(0).describe("epochs finished"),
  waited: z.int().min(0).describe("validations since the best one"),
  best: z.strictObject({ value: z.number(), epoch: z.int() }).nullable().describe("the best validation so far"),
  finished: z.boolean().describe("nothing is left to do"),
});
/** Where a run stands between two epochs. */
export type Position = z.infer<typeof positionSchema>;

const manifestSchema = z.strictObject({ format: z.literal(FORMAT), identity: z.string(), position: positionSchema });

/** What makes two runs the same one: model, config, data and seed. */
export type RunIdentity = string;

/** Does not draw from `random`, only from a fork of it. */
export function runIdentity(name: string, config: unknown, train: Interactions, random: Random): RunIdentity {
  let hash = 0x811c9dc5;
  const mixIn = (value: number): void => void (hash = Math.imul(hash ^ value, 0x01000193));
  for (let row = 0; row < train.size; row++) {
    mixIn(train.users[row]!);
    mixIn(train.items[row]!);
  }
  const { role, value } = train.context;
  for (const amount of role ?? []) mixIn(amount);
  if (value !== undefined) for (const bits of new Int32Array(Float32Array.from(value).buffer)) mixIn(bits);
  const { users, items } = train.catalog;
  return JSON.stringify({
    name,
    config,
    data: [users.size, items.size, train.size, hash >>> 0],
    seed: random.fork("identity").uint32(),
  });
}

export interface Checkpoint {
  readonly identity: RunIdentity;
  readonly position: Position;
  readonly state: ReadonlyMap<string, Float32Array>;
  /** The state at the best validation; empty before the first. */
  readonly best: ReadonlyMap<string, Float32Array>;
}

/** Writes DIR/last.safetensors in one rename: a crash leaves the old one or the new. */
export async function writeCheckpoint(dir: string, checkpoint: Checkpoint): Promise<void> {
  const { identity, position, state, best } = checkpoint;
  const tensors = new Map<string, Tensor>();
  for (const [name, data] of state) tensors.set(`state/${name}`, { shape: [data.length], data });
  for (const [name, data] of best) tensors.set(`best/${name}`, { shape: [data.length], data });
  const bytes = encodeTensorFile({ manifest: { format: FORMAT, identity, position }, tensors });
  await writeAtomically(join(dir, FILE), bytes);
}

/** The checkpoint in DIR; undefined when there is none, `bad-artifact` when it is damaged or another run's. */
export async function readCheckpoint(
  dir: string,
  identity: RunIdentity,
  like: ReadonlyMap<string, Float32Array>,
): Promise<Checkpoint | undefined> {
  const path = join(dir, FILE);
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new PlatformError("unavailable", `no checkpoint can be read at ${path}.`, { cause });
  }
  const { manifest, tensors } = decodeTensorFile(bytes, path);
  const parsed = manifestSchema.safeParse(manifest);
  if (!parsed.success) throw new PlatformError("bad-artifact", `${path}: expected a checkpoint of format ${FORMAT}.`);
  if (parsed.data.identity !== identity) {
    throw new PlatformError(
      "bad-artifact",
      `${path}: expected a checkpoint of this run (${identity}), got one of ${parsed.data.identity}; use another folder.`,
    );
  }
  const { position } = parsed.data;
  const group = (prefix: string): Map<string, Float32Array> =>
    new Map(Array.from(like, ([name, { length }]) => [name, floatsOf(tensors, `${prefix}/${name}`, length, path)]));
  return { identity, position, state: group("state"), best: position.best === null ? new Map() : group("best") };
}

function floatsOf(tensors: ReadonlyMap<string, Tensor>, name: string, length: number, path: string): Float32Array {
  const data = tensors.get(name)?.data;
  if (data instanceof Float32Array && data.length === length) return data;
  throw new PlatformError("bad-artifact", `${path}: tensor ${name} must hold ${length} float32 values.`);
}
