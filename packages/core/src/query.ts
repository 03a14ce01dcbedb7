import { NONE } from "./id-table.js";
import { PlatformError } from "./errors.js";
import { sliceRagged, type RaggedItems } from "./ragged.js";

/**
 * B questions "what comes next?", ragged over the history: for query b, items and times of
 * offsets[b] .. offsets[b + 1], oldest first, are all that is known of the user before `now[b]`. The current session
 * (or trajectory) is its tail from sessionStarts[b] on. A history may be empty.
 */
export interface QueryBatch extends RaggedItems {
  /** B. */
  readonly size: number;
  /** (B) user index, or NONE when nobody is known. */
  readonly users: Int32Array;
  /** (offsets[B]) ms since the epoch, UTC, not after now. */
  readonly times: Float64Array;
  /** (offsets[B]) 1 wanted, -1 not wanted, 0 only seen; absent: all wanted. */
  readonly roles?: Int8Array;
  /** (offsets[B]) how much each says, above 0; absent: 1 each. */
  readonly values?: Float32Array;
  /** (B) absolute position in items, in offsets[b] .. offsets[b + 1]. */
  readonly sessionStarts: Int32Array;
  /** (B) instant of the request, ms since the epoch, UTC. */
  readonly now: Float64Array;
  /** (B) minutes east of UTC on the user's clock; absent when unknown. */
  readonly utcOffsetMinutes?: Int16Array;
  /** (B) WGS84 degrees where the user is; absent or NaN when unknown. */
  readonly latitudes?: Float64Array;
  readonly longitudes?: Float64Array;
}

/** One question, as a person would write it; the session is the whole history unless sessionStart says otherwise. */
export interface Query {
  readonly user?: number;
  readonly items: ArrayLike<number>;
  readonly times?: ArrayLike<number>;
  /** 1, -1 or 0 each; all 1 when absent. */
  readonly roles?: ArrayLike<number>;
  /** Above 0 each; all 1 when absent. */
  readonly values?: ArrayLike<number>;
  readonly sessionStart?: number;
  readonly now?: number;
}

/** Packs questions into a batch. Missing times are now; a missing now is the last time, or 0. */
export function queryBatch(queries: readonly Query[]): QueryBatch {
  const size = queries.length;
  const offsets = new Int32Array(size + 1);
  for (let b = 0; b < size; b++) offsets[b + 1] = offsets[b]! + queries[b]!.items.length;
  const users = new Int32Array(size);
  const items = new Int32Array(offsets[size]!);
  const times = new Float64Array(offsets[size]!);
  const sessionStarts = new Int32Array(size);
  const now = new Float64Array(size);
  for (let b = 0; b < size; b++) {
    const query = queries[b]!;
    const length = query.items.length;
    if (query.times !== undefined && query.times.length !== length) {
      throw new PlatformError("bad-data", `query ${b} must have ${length} times, got ${query.times.length}.`);
    }
    const start = query.sessionStart ?? 0;
    if (!(start >= 0 && start <= length)) {
      throw new PlatformError("bad-data", `sessionStart of query ${b} must be in [0, ${length}], got ${start}.`);
    }
    users[b] = query.user ?? NONE;
    now[b] = query.now ?? (length > 0 && query.times ? query.times[length - 1]! : 0);
    items.set(query.items, offsets[b]);
    if (query.times) times.set(query.times, offsets[b]);
    else times.fill(now[b]!, offsets[b], offsets[b + 1]);
    sessionStarts[b] = offsets[b]! + start;
  }
  return { size, offsets, users, items, times, sessionStarts, now, ...signalColumns(queries, offsets) };
}

/** The columns of roles and values, each where some question gives it. */
function signalColumns(queries: readonly Query[], offsets: Int32Array): Pick<QueryBatch, "roles" | "values"> {
  const filled = <T extends Int8Array | Float32Array>(name: "roles" | "values", column: T): T | undefined => {
    if (queries.every((query) => query[name] === undefined)) return undefined;
    column.fill(1);
    for (const [b, { items, [name]: given }] of queries.entries()) {
      if (given === undefined) continue;
      if (given.length !== items.length) {
        throw new PlatformError("bad-data", `query ${b} must have ${items.length} ${name}, got ${given.length}.`);
      }
      column.set(given, offsets[b]);
    }
    return column;
  };
  const end = offsets[queries.length]!;
  const roles = filled("roles", new Int8Array(end));
  const values = filled("values", new Float32Array(end));
  return { ...(roles && { roles }), ...(values && { values }) };
}

/** Queries from..to as a batch of their own; histories are views. */
export function sliceQueries(batch: QueryBatch, from: number, to: number): QueryBatch {
  const { offsets, items } = sliceRagged(batch, from, to);
  const start = batch.offsets[from]!;
  return {
    size: to - from,
    offsets,
    items,
    users: batch.users.subarray(from, to),
    times: batch.times.subarray(start, batch.offsets[to]),
    sessionStarts: batch.sessionStarts.slice(from, to).map((position) => position - start),
    now: batch.now.subarray(from, to),
    ...(batch.roles && { roles: batch.roles.subarray(start, batch.offsets[to]) }),
    ...(batch.values && { values: batch.values.subarray(start, batch.offsets[to]) }),
    ...(batch.utcOffsetMinutes && { utcOffsetMinutes: batch.utcOffsetMinutes.subarray(from, to) }),
    ...(batch.latitudes && { latitudes: batch.latitudes.subarray(from, to) }),
    ...(batch.longitudes && { longitudes: batch.longitudes.subarray(from, to) }),
  };
}
