import type { Catalog, Random } from "@sequitur/core";
import { normalRow, type Engine, type Floats } from "@sequitur/kernels";
import type { SlateGruConfig } from "./config.js";
import { globalsOf, slotOf, type Globals, type SlotName } from "./globals.js";
import { itemGroups, type ItemGroups } from "./item-groups.js";

/** Initial posterior scales. */
const ITEM_SCALE = 0.01;
const OTHER_SCALE = 0.05;
const START_SCALE = 0.2;

/**
 * The variational posterior while it is trained, in the engine's memory. Every parameter is normal with a mean m and a
 * scale maxScale * sigmoid(rho); both are stored, with Adam's two moments each: 24 bytes a number.
 */
export interface Trainee {
  readonly config: SlateGruConfig;
  readonly catalog: Catalog;
  readonly groups: ItemGroups;
  readonly globals: Globals;
  readonly engine: Engine;
  /** (N, 2D) means, then rhos, of each item. */
  readonly items: AdamState;
  /** (2, globals.size) means, then rhos. */
  readonly others: AdamState;
  /** Adam steps of the present phase. */
  step: number;
  release(): void;
}

/** Parameters with Adam's moments. */
export interface AdamState {
  readonly values: Floats;
  readonly m: Floats;
  readonly v: Floats;
}

/** One draw's gradient of the loss, divided among the windows of the data; all replaced. */
export interface StepGradients {
  /** (n, 2D) of the means and rhos of the batch's items. */
  readonly items: Floats;
  /** (2, globals.size). */
  readonly others: Floats;
}

/** A posterior about to be trained: small scales, item means near those of their groups. */
export function startTrainee(
  catalog: Catalog,
  config: SlateGruConfig,
  longest: number,
  engine: Engine,
  random: Random,
): Trainee {
  const groups = itemGroups(catalog, config.prior);
  const globals = globalsOf(config, groups.count, longest);
  const made: Floats[] = [];
  const zeros = (length: number): Floats => {
    const block = engine.memory.floats(length);
    block.array.fill(0);
    made.push(block);
    return block;
  };
  const adamState = (length: number): AdamState => ({ values: zeros(length), m: zeros(length), v: zeros(length) });
  const trainee: Trainee = {
    config,
    catalog,
    groups,
    globals,
    engine,
    items: adamState(catalog.items.size * 2 * config.width),
    others: adamState(2 * globals.size),
    step: 0,
    release: () => made.forEach((block) => engine.memory.release(block)),
  };
  fillOthers(trainee, random.fork("globals"));
  fillItems(trainee, random.fork("items"));
  return trainee;
}

/** The inverse of maxScale * sigmoid(rho). */
export function rhoOf(scale: number, maxScale: number): number {
  const share = Math.min(0.999, scale / maxScale);
  return Math.log(share / (1 - share));
}

/** maxScale * sigmoid(rho). */
export function scaleOf(rho: number, maxScale: number): number {
  return maxScale / (1 + Math.exp(-rho));
}

/** Means of one slot. */
export function meansOf({ others, globals }: Pick<Trainee, "others" | "globals">, name: SlotName): Float32Array {
  return slotOf(others.values.array, globals[name]);
}

function fillOthers(trainee: Trainee, random: Random): void {
  const { globals, config, others } = trainee;
  const { width } = config;
  others.values.array.fill(rhoOf(OTHER_SCALE, config.maxScale), globals.size);
  const fill = (name: SlotName, draw: (at: number) => number): void => {
    const means = meansOf(trainee, name);
    for (let at = 0; at < means.length; at++) means[at] = draw(at);
  };
  const noise = (scale: number): number => scale * random.normal();
  fill("groupMean", () => noise(0.5));
  fill("groupScale", () => 0.5);
  fill("keep", () => 0.5);
  fill("start", () => START_SCALE);
  // The GRU begins near the linear state: gates about one half, the new state near half the click, z twice the state.
  const isOwn = (at: number, columns: number, first: number): boolean =>
    at % columns === first + Math.floor(at / columns);
  const small = 0.1 / Math.sqrt(width);
  fill("input", (at) => noise(small) + (isOwn(at, 3 * width, 2 * width) ? 0.5 : 0));
  fill("hidden", () => noise(small));
  fill("output", (at) => noise(small) + (isOwn(at, width, 0) ? 2 : 0));
}

function fillItems({ items, groups, globals, others, config }: Trainee, random: Random): void {
  const { width, maxScale } = config;
  const values = items.values.array;
  const rho = rhoOf(ITEM_SCALE, maxScale);
  const key = random.uint32();
  const noise = new Float32Array(width);
  for (let item = 0; item < groups.of.length; item++) {
    const mean = globals.groupMean.from + groups.of[item]! * width;
    const at = item * 2 * width;
    normalRow(noise, key, item);
    for (let j = 0; j < width; j++) values[at + j] = others.values.array[mean + j]! + 0.1 * noise[j]!;
    values.fill(rho, at + width, at + 2 * width);
  }
}

/** How far the GRU's states lie below the linear ones, so that its tanh bends them little. */
const GRU_SHRINKAGE = 0.2;
const GRU_SCALE = 0.005;

/**
 * Sets the GRU to what the linear state has learned: h = a times that state, the new state tanh(a v), the update gate
 * gamma, z = h / a. From there it can only learn more. As published, it begins at weights of its own.
 */
export function beginGru(trainee: Trainee): void {
  const { config, globals, others } = trainee;
  if (config.compat === "paper") return;
  const { width, maxScale } = config;
  const keep = meansOf(trainee, "keep")[0]!;
  for (const name of ["input", "hidden", "output", "gateBias"] as const) {
    meansOf(trainee, name).fill(0);
    const { from, size } = globals[name];
    others.values.array.fill(rhoOf(GRU_SCALE, maxScale), globals.size + from, globals.size + from + size);
  }
  for (let j = 0; j < width; j++) {
    meansOf(trainee, "input")[j * 3 * width + 2 * width + j] = GRU_SHRINKAGE;
    meansOf(trainee, "output")[j * width + j] = 1 / GRU_SHRINKAGE;
    meansOf(trainee, "gateBias")[width + j] = Math.log(keep / (1 - keep));
  }
  const shrunk = (values: Float32Array): void => values.forEach((value, at) => (values[at] = GRU_SHRINKAGE * value));
  shrunk(meansOf(trainee, "startMean"));
  shrunk(meansOf(trainee, "start"));
}

/** Forgets the moments, as at the start of a phase. */
export function resetAdam(trainee: Trainee): void {
  for (const { m, v } of [trainee.items, trainee.others]) {
    m.array.fill(0);
    v.array.fill(0);
  }
  trainee.step = 0;
}

/** Everything that a checkpoint keeps, by name. */
export function stateOf({ items, others }: Trainee): Map<string, Float32Array> {
  const parts = { items, others };
  return new Map(
    Object.entries(parts).flatMap(([name, state]) =>
      (["values", "m", "v"] as const).map((part) => [`${name}/${part}`, state[part].array] as const),
    ),
  );
}
