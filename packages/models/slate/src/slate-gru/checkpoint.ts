import { idTable, PlatformError, type SlateLog } from "@sequitur/core";
import {
  artifactConfig,
  artifactTensor,
  fitIdentity,
  readArtifact,
  writeArtifact,
  type FitRun,
} from "@sequitur/recommender";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { stateOf, type Trainee } from "./trainee.js";

const CHECKPOINT = "slate-gru-checkpoint";
const positionSchema = z.strictObject({
  identity: z.string().describe("what the run is"),
  epoch: z.int().min(0).describe("epochs finished in all"),
  phase: z.enum(["linear", "gru"]).describe("the present phase"),
  waited: z.int().min(0).describe("epochs of the phase since the best"),
  best: z.number().nullable().describe("the best validation of the phase"),
  step: z.int().min(0).describe("Adam steps of the phase"),
  finished: z.boolean().describe("nothing is left to do"),
});
/** Where a fit stands between two epochs. */
export type Position = z.infer<typeof positionSchema>;

/** A hash of all that a fit depends on, so that it never goes on from the checkpoint of another one. */
export function identityOf({ config }: Trainee, log: SlateLog, run: FitRun): string {
  const columns = [log.items, log.offsets, log.clicks, log.userOffsets];
  return fitIdentity([config, log.catalog.items.size], columns, run.random);
}

const EMPTY = { items: idTable([]), users: idTable([]), itemColumns: {} };

/** Writes DIR/last.safetensors in one rename; nothing where no checkpoints are wanted. */
export async function checkpoint(
  trainee: Trainee,
  best: ReadonlyMap<string, Float32Array>,
  position: Position,
  { checkpointDir }: FitRun,
): Promise<void> {
  if (checkpointDir === undefined) return;
  const all = [...stateOf(trainee), ...Array.from(best, ([name, data]) => [`best/${name}`, data] as const)];
  const tensors = new Map(all.map(([name, data]) => [name, { shape: [data.length], data }]));
  await mkdir(checkpointDir, { recursive: true });
  await writeArtifact(join(checkpointDir, "last.safetensors"), {
    model: CHECKPOINT,
    config: position,
    catalog: EMPTY,
    tensors,
  });
}

/** Where to go on, with the trainee and the best values as they were; `bad-artifact` for another run's checkpoint. */
export async function resume(
  trainee: Trainee,
  best: Map<string, Float32Array>,
  identity: string,
  { checkpointDir }: FitRun,
): Promise<Position> {
  const start: Position = {
    identity,
    epoch: 0,
    phase: "linear",
    waited: 0,
    best: null,
    step: 0,
    finished: false,
  };
  const path = checkpointDir === undefined ? undefined : join(checkpointDir, "last.safetensors");
  if (path === undefined || !existsSync(path)) return start;
  const artifact = await readArtifact(path);
  const position = artifactConfig(artifact, CHECKPOINT, positionSchema);
  if (position.identity !== identity) {
    throw new PlatformError(
      "bad-artifact",
      `${path}: expected a checkpoint of this run, got another's; use another folder.`,
    );
  }
  for (const [name, values] of stateOf(trainee)) {
    values.set(artifactTensor(artifact, name, Float32Array, [values.length]));
  }
  for (const name of ["items", "others"] as const) {
    if (artifact.tensors.has(`best/${name}`)) {
      best.set(name, artifactTensor(artifact, `best/${name}`, Float32Array, [trainee[name].values.length]).slice());
    }
  }
  trainee.step = position.step;
  return position;
}
