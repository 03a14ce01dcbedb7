import { idTable, PlatformError, positiveHistory, type Catalog, type QueryBatch } from "@sequitur/core";
import { engineFor, type Engine } from "@sequitur/kernels";
import type { Model } from "@sequitur/recommender";
import type { Folded, FoldIn } from "../folding/fold-in.js";
import { distinctItems } from "./distinct-items.js";
import { tensorsOf, type FactorTables } from "./factor-tables.js";
import { dotVectors } from "./export-vectors.js";
import { dotScores, itemIndex, type ItemIndex } from "./item-index.js";

/** A fitted factorisation: a Model whose vectors can be looked at, extended and searched. */
export interface FactorModel extends Model {
  readonly tables: FactorTables;
  /**
   * (B, factors) row-major: the trained vector of a known user; else the vector folded in from the history; the mean of
   * the trained users when that holds no item of the catalogue.
   */
  queryVectors(batch: QueryBatch): Float32Array;
  /** The item vectors in an engine's memory: of the engine given, else of the one that scores; kept until the model goes. */
  index(engine?: Engine): ItemIndex;
  /** (factors) of a user who is not in the catalogue, from the items met. No training item is changed. */
  foldInUser(items: ArrayLike<number>): Float32Array;
  /** (factors) and bias of an item that is not in the catalogue, from the users who met it. */
  foldInItem(users: ArrayLike<number>): Folded;
  /** This model with new users at the end of its catalogue, each folded in. */
  withUsers(users: readonly NewUser[]): FactorModel;
  /** This model with new items at the end of its catalogue, each folded in. */
  withItems(items: readonly NewItem[]): FactorModel;
  /** Frees the engine memory of the vectors now; a later call takes it again. */
  release(): void;
}

export interface NewUser {
  readonly id: string;
  /** Item indices. */
  readonly items: ArrayLike<number>;
}

export interface NewItem {
  readonly id: string;
  /** User indices. */
  readonly users: ArrayLike<number>;
}

/** What makes a factorisation a Model. */
export interface FactorModelParts {
  readonly name: string;
  readonly config: unknown;
  readonly catalog: Catalog;
  readonly tables: FactorTables;
  readonly foldIn: FoldIn;
  /** Whose vectors a known user is served by: those of the fit, or folded in from the history of the query. */
  readonly knownUsers: "trained" | "history";
  /** Threads of the scoring engine; absent: the engine's default. */
  readonly threads?: number;
}

// A model that is dropped without `release` gives its engine memory back when the collector finds it.
const dropped = new FinalizationRegistry<Map<Engine, ItemIndex>>((indices) => releaseAll(indices));

function releaseAll(indices: Map<Engine, ItemIndex>): void {
  for (const index of indices.values()) index.release();
  indices.clear();
}

/** A Model over the tables. */
export function factorModel(parts: FactorModelParts): FactorModel {
  const { name, config, catalog, tables, threads } = parts;
  const indices = new Map<Engine, ItemIndex>();
  const index = (engine: Engine = engineFor(threads)): ItemIndex => {
    const known = indices.get(engine);
    if (known !== undefined) return known;
    const made = itemIndex(engine, tables);
    indices.set(engine, made);
    return made;
  };
  let mean: Float32Array | undefined;
  const queryVectors = (batch: QueryBatch): Float32Array =>
    vectorsOf(batch, parts, () => (mean ??= meanOfTrained(tables)));
  const model: FactorModel = {
    name,
    catalog,
    tables,
    queryVectors,
    index,
    score: (batch, candidates) => dotScores(index(), queryVectors(batch), candidates),
    vectors: () => dotVectors(model),
    save: () => ({ model: name, config, catalog, tensors: tensorsOf(tables) }),
    foldInUser: (items) => foldedUser(parts, items).vector,
    foldInItem: (users) => foldedItem(parts, users),
    withUsers: (users) => factorModel(extendedByUsers(parts, users)),
    withItems: (items) => factorModel(extendedByItems(parts, items)),
    release: () => releaseAll(indices),
  };
  dropped.register(model, indices);
  return model;
}

function vectorsOf(batch: QueryBatch, parts: FactorModelParts, mean: () => Float32Array): Float32Array {
  const { catalog, tables, foldIn, knownUsers } = parts;
  const { factors, users } = tables;
  const out = new Float32Array(batch.size * factors);
  const wanted = positiveHistory(batch);
  for (let b = 0; b < batch.size; b++) {
    const user = batch.users[b]!;
    const row = out.subarray(b * factors, (b + 1) * factors);
    if (knownUsers === "trained" && user >= 0 && user < catalog.users.size) {
      row.set(users.subarray(user * factors, (user + 1) * factors));
      if (row.some((value) => value !== 0)) continue;
    }
    const items = distinctItems(wanted, b, catalog.items.size);
    row.set(items.length === 0 ? mean() : foldIn.user(tables, items, valuesOf(wanted, b, items)).vector);
  }
  return out;
}

/** The largest value of each of the items in a history; undefined where there are no values. */
function valuesOf({ offsets, items, values }: QueryBatch, query: number, wanted: Int32Array): Float32Array | undefined {
  if (values === undefined) return undefined;
  const places = new Map(Array.from(wanted, (item, at) => [item, at]));
  const largest = new Float32Array(wanted.length);
  for (let at = offsets[query]!; at < offsets[query + 1]!; at++) {
    const place = places.get(items[at]!);
    if (place !== undefined) largest[place] = Math.max(largest[place]!, values[at]!);
  }
  return largest;
}

/** Of the users with a vector; zeros when there is none. */
function meanOfTrained({ factors, users }: FactorTables): Float32Array {
  const sums = new Float64Array(factors);
  let count = 0;
  for (let from = 0; from < users.length; from += factors) {
    let trained = false;
    for (let k = 0; k < factors; k++) {
      sums[k]! += users[from + k]!;
      trained ||= users[from + k] !== 0;
    }
    if (trained) count++;
  }
  return Float32Array.from(sums, (sum) => (count === 0 ? 0 : sum / count));
}

function foldedUser({ foldIn, tables, catalog }: FactorModelParts, items: ArrayLike<number>): Folded {
  return foldIn.user(tables, checkedIndices(items, catalog.items.size, "items"));
}

function foldedItem({ foldIn, tables, catalog }: FactorModelParts, users: ArrayLike<number>): Folded {
  return foldIn.item(tables, checkedIndices(users, catalog.users.size, "users"));
}

function extendedByUsers(parts: FactorModelParts, users: readonly NewUser[]): FactorModelParts {
  const { catalog, tables } = parts;
  const folded = users.map(({ items }) => foldedUser(parts, items));
  const { userBias, flips } = tables;
  return {
    ...parts,
    catalog: { ...catalog, users: idTable([...catalog.users.ids, ...users.map(({ id }) => id)]) },
    tables: {
      ...tables,
      users: joined([tables.users, ...folded.map(({ vector }) => vector)]),
      ...(userBias && { userBias: joined([userBias, biasesOf(folded)]) }),
      ...(flips && { flips: { ...flips, users: joined([flips.users, zeros(users.length * flips.factors)]) } }),
    },
  };
}

function extendedByItems(parts: FactorModelParts, items: readonly NewItem[]): FactorModelParts {
  const { catalog, tables } = parts;
  const folded = items.map(({ users }) => foldedItem(parts, users));
  const { bias, flips } = tables;
  return {
    ...parts,
    // Columns of the old items do not fit the longer catalogue, so they are left out.
    catalog: {
      users: catalog.users,
      items: idTable([...catalog.items.ids, ...items.map(({ id }) => id)]),
      itemColumns: {},
    },
    tables: {
      ...tables,
      items: joined([tables.items, ...folded.map(({ vector }) => vector)]),
      ...(bias && { bias: joined([bias, biasesOf(folded)]) }),
      ...(flips && { flips: { ...flips, items: joined([flips.items, zeros(items.length * flips.factors)]) } }),
    },
  };
}

function biasesOf(folded: readonly Folded[]): Float32Array {
  return Float32Array.from(folded, ({ bias }) => bias);
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function zeros(length: number): Float32Array {
  return new Float32Array(length);
}

function checkedIndices(values: ArrayLike<number>, size: number, what: string): Int32Array {
  for (let at = 0; at < values.length; at++) {
    const value = values[at]!;
    if (Number.isInteger(value) && value >= 0 && value < size) continue;
    throw new PlatformError("bad-data", `${what} must be integers in [0, ${size}), got ${value} at ${at}.`);
  }
  return Int32Array.from(new Set(Array.from(values)));
}
