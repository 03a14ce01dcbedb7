import { HOUR_MS, NONE, throwIfCancelled, type Catalog, type Interactions, type QueryBatch } from "@sequitur/core";
import {
  type Artifact,
  withSignals,
  artifactConfig,
  artifactTensor,
  weighPairs,
  loadSparse,
  type Model,
  type Recommender,
  type SparseRows,
  sparseTensors,
  transpose,
  inputsWhere,
} from "@sequitur/recommender";
import { z } from "zod";
import { distinctReader, opinionReader } from "./history.js";
import { Largest } from "./largest.js";
import { halfLifeDaysField, rowWeights } from "./half-life.js";
import { itemShares } from "./item-weights.js";
import { scoreRows } from "./score-rows.js";
import { sourceSessions } from "./source-sessions.js";

export const sessionKnnConfig = z.strictObject({
  sessions: z
    .enum(["gap", "source", "user"])
    .default("gap")
    .describe("gap: cut by sessionGapHours; source: the data's own sessions; user: each user's whole history is one"),
  sessionGapHours: z
    .number()
    .positive()
    .default(24)
    .describe("hours without an interaction after which a new session starts, when sessions is gap")
    .meta({ formerly: ["sessionGapMs"] }),
  recentSessions: z.int().min(1).max(100_000).default(1000).describe("sessions looked at, the most recent ones (m)"),
  neighbours: z.int().min(1).max(10_000).default(200).describe("most similar of these whose items are scored (k)"),
  maxSessionItems: z.int().min(1).max(1000).default(10).describe("newest distinct items of the query that are used"),
  halfLifeDays: halfLifeDaysField,
  idf: z
    .boolean()
    .default(true)
    .describe("multiply by ln(sessions / sessions with the item): rarer items score higher"),
});
export type SessionKnnConfig = z.infer<typeof sessionKnnConfig>;

/** Sessions in order of their last interaction, oldest first: (S, N) distinct items, and the same turned, (N, S). */
interface SessionIndex {
  readonly items: SparseRows;
  readonly sessions: SparseRows;
}

/**
 * Vector-free session neighbours (VMIS-kNN, Kersbergen et al. 2022). The m most recent sessions that share an item with
 * the query are compared by sim(n) = sum over shared items of w(i), with w falling linearly from 1 for the newest item to
 * 1 / length; score(j) = sum over the k nearest n with j of w(newest shared item) sim(n) idf(j); an item of a
 * query and of a session counts its largest value. Ties go to the more
 * recent session. A query that reaches no session gets popularity.
 */
export const sessionKnn: Recommender<SessionKnnConfig> = withSignals(
  { positive: "weighs", negative: "ignores" },
  {
    name: "session-knn",
    config: sessionKnnConfig,
    search: {
      recentSessions: { kind: "integer", min: 50, max: 5000, log: true },
      neighbours: { kind: "integer", min: 10, max: 1000, log: true },
      maxSessionItems: { kind: "integer", min: 1, max: 50, log: true },
      idf: { kind: "choice", values: [true, false] },
    },
    reads: () => inputsWhere({ "own-history": true, "validation-item": true, times: true }),
    async fit(train, config, run) {
      throwIfCancelled(run.signal);
      const { numbers, count } = sessionNumbers(train, config);
      const size = train.catalog.items.size;
      const weights = rowWeights(train, config.halfLifeDays);
      const items = weighPairs({ rows: numbers, columns: train.items, weights }, count, size, "largest");
      return sessionKnnModel(
        train.catalog,
        config,
        { items, sessions: transpose(items, size) },
        itemShares(train, config.halfLifeDays),
      );
    },
    load(artifact) {
      const config = artifactConfig(artifact, "session-knn", sessionKnnConfig);
      const size = artifact.catalog.items.size;
      const items = loadSparse(artifact, "sessions", -1, size);
      const shares = artifactTensor(artifact, "shares", Float32Array, [size]);
      return sessionKnnModel(artifact.catalog, config, { items, sessions: transpose(items, size) }, shares);
    },
  },
);

function sessionKnnModel(catalog: Catalog, config: SessionKnnConfig, index: SessionIndex, shares: Float32Array): Model {
  const size = catalog.items.size;
  const idf = inverseFrequencies(index, config);
  const score = (batch: QueryBatch, candidates?: Int32Array): Float32Array => {
    const distinct = distinctReader(batch, size);
    const nearest = neighbourFinder(index, config);
    const opinions = opinionReader(batch);
    return scoreRows(batch, size, candidates, (row, b) => {
      const start = config.sessions === "user" ? batch.offsets[b]! : batch.sessionStarts[b]!;
      const query = distinct(b, start, config.maxSessionItems);
      const found = nearest(query, opinions?.(b));
      if (found.keys.length === 0) row.set(shares);
      else addNeighbours(row, index.items, found, idf);
    });
  };
  const save = (): Artifact => ({
    model: "session-knn",
    config,
    catalog,
    tensors: new Map([...sparseTensors("sessions", index.items), ["shares", { shape: [size], data: shares }]]),
  });
  return { name: "session-knn", catalog, score, save };
}

interface Neighbours {
  /** Session numbers, most similar first. */
  readonly keys: Int32Array;
  /** sim(n) w(newest shared item), aligned. */
  readonly weights: Float64Array;
}

/** Finds the neighbours of one query after another; owns the accumulators. `query` is newest first. */
function neighbourFinder(index: SessionIndex, config: SessionKnnConfig) {
  const { offsets, columns } = index.sessions;
  const count = index.items.offsets.length - 1;
  const similarity = new Float64Array(count);
  const newestShared = new Int32Array(count).fill(NONE);
  const touched = new Int32Array(Math.min(count, config.recentSessions * config.maxSessionItems));
  const nearest = new Largest(config.neighbours);
  return (query: Int32Array, opinion: ((item: number) => number) | undefined): Neighbours => {
    let size = 0;
    for (let rank = 0; rank < query.length; rank++) {
      const item = query[rank]!;
      const says = opinion?.(item) ?? 1;
      const oldest = Math.max(offsets[item]!, offsets[item + 1]! - config.recentSessions);
      for (let p = offsets[item + 1]! - 1; p >= oldest; p--) {
        const session = columns[p]!;
        if (newestShared[session] === NONE) {
          newestShared[session] = rank;
          touched[size++] = session;
        }
        similarity[session]! += says * (1 - rank / query.length);
      }
    }
    const reached = touched.subarray(0, size);
    // Numbers grow with recency, so the tail is the most recent; minus the number makes ties go to the newer one.
    if (size > config.recentSessions) reached.sort();
    for (const session of reached.subarray(-config.recentSessions)) nearest.offer(-session, similarity[session]!);
    const found = nearest.drain();
    const keys = found.keys.map((key) => -key);
    const weights = found.values.map((value, at) => value * (1 - newestShared[keys[at]!]! / query.length));
    for (const session of reached) {
      similarity[session] = 0;
      newestShared[session] = NONE;
    }
    return { keys, weights };
  };
}

function addNeighbours(
  row: Float32Array,
  sessions: SparseRows,
  { keys, weights }: Neighbours,
  idf: Float32Array,
): void {
  for (let n = 0; n < keys.length; n++) {
    const session = keys[n]!;
    for (let p = sessions.offsets[session]!; p < sessions.offsets[session + 1]!; p++) {
      const item = sessions.columns[p]!;
      row[item]! += weights[n]! * idf[item]! * sessions.values[p]!;
    }
  }
}

/** (N) ln(S / sessions with the item), or 1 when the config asks for none. */
function inverseFrequencies(index: SessionIndex, config: SessionKnnConfig): Float32Array {
  const { offsets } = index.sessions;
  const count = index.items.offsets.length - 1;
  const idf = new Float32Array(offsets.length - 1).fill(1);
  if (!config.idf) return idf;
  return idf.map((_, item) => Math.log(count / Math.max(1, offsets[item + 1]! - offsets[item]!)));
}

/** (size) the session of each row, numbered by the time of its last row, ties by row. */
function sessionNumbers(train: Interactions, config: SessionKnnConfig): { numbers: Int32Array; count: number } {
  const given = config.sessions === "source" ? sourceSessions(train, "session-knn") : undefined;
  const gapMs = config.sessions === "gap" ? config.sessionGapHours * HOUR_MS : Infinity;
  const { users, times } = train;
  const numbers = new Int32Array(train.size);
  const endTimes: number[] = [];
  for (let row = 0; row < train.size; row++) {
    const starts =
      row === 0 ||
      users[row] !== users[row - 1] ||
      times[row]! - times[row - 1]! > gapMs ||
      (given !== undefined && given[row] !== given[row - 1]);
    if (starts) endTimes.push(0);
    numbers[row] = endTimes.length - 1;
    endTimes[endTimes.length - 1] = times[row]!;
  }
  const order = Int32Array.from(endTimes.keys()).sort((a, b) => endTimes[a]! - endTimes[b]! || a - b);
  const rank = new Int32Array(order.length);
  order.forEach((session, at) => (rank[session] = at));
  return { numbers: numbers.map((session) => rank[session]!), count: endTimes.length };
}
