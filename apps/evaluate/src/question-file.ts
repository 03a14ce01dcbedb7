import {
  decodeTensorFile,
  encodeTensorFile,
  listOf,
  PlatformError,
  raggedFrom,
  type NumberColumn,
  type QueryBatch,
  type Tensor,
  type TensorData,
} from "@sequitur/core";
import type { EvaluationSet } from "@sequitur/data";
import { writeAtomically } from "@sequitur/core/files";
import { readFile } from "node:fs/promises";

const FORMAT = "sequitur-questions/1";
const OPTIONAL = ["utcOffsetMinutes", "latitudes", "longitudes", "roles", "values"] as const;

/** Writes held-out questions with their answers, for a process that scores them. */
export async function writeQuestions(path: string, set: EvaluationSet): Promise<void> {
  const { queries, targets, seen, targetValues, targetKinds, targetRatings } = set;
  const columns: Record<string, TensorData> = {
    users: queries.users,
    offsets: queries.offsets,
    items: queries.items,
    times: queries.times,
    sessionStarts: queries.sessionStarts,
    now: queries.now,
    "targets.offsets": targets.offsets,
    "targets.items": targets.items,
    "seen.offsets": seen.offsets,
    "seen.items": seen.items,
    ...(targetValues && { "targets.values": targetValues }),
    ...(targetKinds && { "targets.kinds": targetKinds }),
    ...(targetRatings && { "targets.ratings": targetRatings }),
  };
  for (const name of OPTIONAL) {
    const column = queries[name];
    if (column !== undefined) columns[name] = column;
  }
  const tensors = new Map(Object.entries(columns).map(([name, data]) => [name, { shape: [data.length], data }]));
  await writeAtomically(path, encodeTensorFile({ manifest: { format: FORMAT }, tensors }));
}

/** Reads what `writeQuestions` wrote. */
export async function readQuestions(path: string): Promise<EvaluationSet> {
  const { manifest, tensors } = decodeTensorFile(await readFile(path), path);
  if ((manifest as { format?: unknown } | null)?.format !== FORMAT) {
    throw new PlatformError("bad-artifact", `${path}: expected a file of format ${FORMAT}.`);
  }
  const column = <T extends TensorData>(name: string, Data: abstract new (...args: never[]) => T): T =>
    columnOf(tensors, name, Data, path);
  const users = column("users", Int32Array);
  const has = (name: string): boolean => tensors.has(name);
  return {
    queries: {
      size: users.length,
      users,
      offsets: column("offsets", Int32Array),
      items: column("items", Int32Array),
      times: column("times", Float64Array),
      sessionStarts: column("sessionStarts", Int32Array),
      now: column("now", Float64Array),
      ...(has("utcOffsetMinutes") && { utcOffsetMinutes: column("utcOffsetMinutes", Int16Array) }),
      ...(has("latitudes") && { latitudes: column("latitudes", Float64Array) }),
      ...(has("roles") && { roles: column("roles", Int8Array) }),
      ...(has("values") && { values: column("values", Float32Array) }),
      ...(has("longitudes") && { longitudes: column("longitudes", Float64Array) }),
    },
    targets: { offsets: column("targets.offsets", Int32Array), items: column("targets.items", Int32Array) },
    ...(has("targets.values") && { targetValues: column("targets.values", Float32Array) }),
    ...(has("targets.ratings") && { targetRatings: column("targets.ratings", Float32Array) }),
    ...(has("targets.kinds") && { targetKinds: column("targets.kinds", Int32Array) }),
    seen: { offsets: column("seen.offsets", Int32Array), items: column("seen.items", Int32Array) },
  };
}

function columnOf<T extends TensorData>(
  tensors: ReadonlyMap<string, Tensor>,
  name: string,
  Data: abstract new (...args: never[]) => T,
  path: string,
): T {
  const data = tensors.get(name)?.data;
  if (!(data instanceof Data)) throw new PlatformError("bad-artifact", `${path}: no column ${name} of ${Data.name}.`);
  return data;
}

/** The questions of the rows given, in that order; copies, so that nothing of the others is within reach. */
export function selectQuestions(set: EvaluationSet, rows: Int32Array): EvaluationSet {
  const { queries } = set;
  const lists = Array.from(rows, (row) => listOf(queries, row));
  const packed = raggedFrom(lists);
  const times = new Float64Array(packed.items.length);
  const roles = queries.roles && new Int8Array(packed.items.length);
  const values = queries.values && new Float32Array(packed.items.length);
  const sessionStarts = new Int32Array(rows.length);
  rows.forEach((row, b) => {
    const [from, to] = [queries.offsets[row]!, queries.offsets[row + 1]!];
    times.set(queries.times.subarray(from, to), packed.offsets[b]);
    roles?.set(queries.roles!.subarray(from, to), packed.offsets[b]);
    values?.set(queries.values!.subarray(from, to), packed.offsets[b]);
    sessionStarts[b] = packed.offsets[b]! + queries.sessionStarts[row]! - queries.offsets[row]!;
  });
  const pick = <T extends NumberColumn>(column: T): T => {
    const Column = column.constructor as new (length: number) => T;
    const out = new Column(rows.length);
    rows.forEach((row, b) => (out[b] = column[row]!));
    return out;
  };
  const batch: QueryBatch = {
    size: rows.length,
    ...packed,
    times,
    ...(roles && { roles }),
    ...(values && { values }),
    sessionStarts,
    users: pick(queries.users),
    now: pick(queries.now),
    ...(queries.utcOffsetMinutes && { utcOffsetMinutes: pick(queries.utcOffsetMinutes) }),
    ...(queries.latitudes && { latitudes: pick(queries.latitudes) }),
    ...(queries.longitudes && { longitudes: pick(queries.longitudes) }),
  };
  const targets = raggedFrom(Array.from(rows, (row) => listOf(set.targets, row)));
  const answers = Array.from(rows).flatMap((row) =>
    Array.from(listOf(set.targets, row), (_, at) => set.targets.offsets[row]! + at),
  );
  return {
    queries: batch,
    targets,
    ...answerColumns(set, answers),
    seen: raggedFrom(Array.from(rows, (row) => listOf(set.seen, row))),
  };
}

type AnswerColumns = Pick<EvaluationSet, "targetValues" | "targetKinds" | "targetRatings">;

/** What is known of the answers at these places of `targets.items`, column by column. */
export function answerColumns(
  { targetValues, targetKinds, targetRatings }: AnswerColumns,
  places: readonly number[],
): AnswerColumns {
  return {
    ...(targetValues && { targetValues: Float32Array.from(places, (at) => targetValues[at]!) }),
    ...(targetRatings && { targetRatings: Float32Array.from(places, (at) => targetRatings[at]!) }),
    ...(targetKinds && { targetKinds: Int32Array.from(places, (at) => targetKinds[at]!) }),
  };
}
