import type { Catalog, Tensor } from "@sequitur/core";
import { artifactConfig, artifactTensor, type Artifact } from "@sequitur/recommender";
import { slateGruConfig, type SlateGruConfig } from "./config.js";
import { globalsOf, SLOT_NAMES, slotOf, type Globals } from "./globals.js";
import { scaleOf, type Trainee } from "./trainee.js";

export const NAME = "slate-gru";

/** A fitted posterior: independent normals, means and scales. */
export interface Posterior {
  readonly config: SlateGruConfig;
  readonly catalog: Catalog;
  readonly globals: Globals;
  /** (N, D) item vectors. */
  readonly itemMeans: Float32Array;
  readonly itemScales: Float32Array;
  /** (globals.size) the rest; a point estimate has scale 0. */
  readonly otherMeans: Float32Array;
  readonly otherScales: Float32Array;
  /** User index -> (2, D) mean and scale of what was learned of the user online; added to z. */
  readonly offsets: ReadonlyMap<number, Float32Array>;
}

/** The posterior as trained so far, copied; `state` is how the present phase follows the clicks. */
export function posteriorOf(trainee: Trainee, state = trainee.config.state): Posterior {
  const config = { ...trainee.config, state };
  const { catalog, globals, items, others } = trainee;
  const { width, maxScale } = config;
  const total = catalog.items.size;
  const itemMeans = new Float32Array(total * width);
  const itemScales = new Float32Array(total * width);
  const values = items.values.array;
  for (let item = 0; item < total; item++) {
    for (let j = 0; j < width; j++) {
      itemMeans[item * width + j] = values[item * 2 * width + j]!;
      itemScales[item * width + j] = scaleOf(values[item * 2 * width + width + j]!, maxScale);
    }
  }
  const otherMeans = others.values.array.slice(0, globals.size);
  const otherScales = others.values.array.slice(globals.size).map((rho) => scaleOf(rho, maxScale));
  otherScales[globals.start.from] = 0;
  return { config, catalog, globals, itemMeans, itemScales, otherMeans, otherScales, offsets: new Map() };
}

/** A copy that may be changed. */
export function copyPosterior(posterior: Posterior): Posterior {
  return {
    ...posterior,
    itemMeans: posterior.itemMeans.slice(),
    itemScales: posterior.itemScales.slice(),
    otherMeans: posterior.otherMeans.slice(),
    otherScales: posterior.otherScales.slice(),
    offsets: new Map(Array.from(posterior.offsets, ([user, offset]) => [user, offset.slice()])),
  };
}

export function savePosterior(posterior: Posterior): Artifact {
  const { config, catalog, globals, itemMeans, itemScales, otherMeans, otherScales, offsets } = posterior;
  const { width } = config;
  const tensors: Artifact["tensors"] = new Map<string, Tensor>([
    ["items/mean", { shape: [catalog.items.size, width], data: itemMeans }],
    ["items/scale", { shape: [catalog.items.size, width], data: itemScales }],
    ["online/users", { shape: [offsets.size], data: Int32Array.from(offsets.keys()) }],
    ["online/offsets", { shape: [offsets.size, 2, width], data: joined([...offsets.values()], 2 * width) }],
    ...SLOT_NAMES.flatMap((name) =>
      [["mean", otherMeans] as const, ["scale", otherScales] as const].map(
        ([part, values]) =>
          [`${name}/${part}`, { shape: [globals[name].size], data: slotOf(values, globals[name]) }] as const,
      ),
    ),
  ]);
  return { model: NAME, config, catalog, tensors };
}

/** `bad-artifact` unless every tensor is there and of its shape. */
export function loadPosterior(artifact: Artifact): Posterior {
  const config = artifactConfig(artifact, NAME, slateGruConfig);
  const { width } = config;
  const { catalog } = artifact;
  const floats = (name: string, shape: readonly number[]) => artifactTensor(artifact, name, Float32Array, shape);
  const groups = floats("groupMean/mean", [-1]).length / width;
  const globals = globalsOf(config, groups, floats("bias/mean", [-1]).length - 1);
  const otherMeans = new Float32Array(globals.size);
  const otherScales = new Float32Array(globals.size);
  for (const name of SLOT_NAMES) {
    const { from, size } = globals[name];
    otherMeans.set(floats(`${name}/mean`, [size]), from);
    otherScales.set(floats(`${name}/scale`, [size]), from);
  }
  const users = artifactTensor(artifact, "online/users", Int32Array, [-1]);
  const all = floats("online/offsets", [users.length, 2, width]);
  const offsets = new Map(
    Array.from(users, (user, at) => [user, all.slice(at * 2 * width, (at + 1) * 2 * width)] as const),
  );
  const shape = [catalog.items.size, width];
  const itemMeans = floats("items/mean", shape);
  const itemScales = floats("items/scale", shape);
  return { config, catalog, globals, itemMeans, itemScales, otherMeans, otherScales, offsets };
}

function joined(rows: readonly Float32Array[], width: number): Float32Array {
  const all = new Float32Array(rows.length * width);
  for (const [at, row] of rows.entries()) all.set(row, at * width);
  return all;
}
