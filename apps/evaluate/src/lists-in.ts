import { PlatformError, type Catalog, type Ranking } from "@sequitur/core";
import { readLists, type EvaluationSet, type ListKeys, type WrittenLists } from "@sequitur/data";
import { basename } from "node:path";

/** Where the lists of a contender come from. */
export interface ListsSource {
  readonly file: string;
  /** The run within the file, by its tag or model column; null where the file names none. */
  readonly run: string | null;
  readonly keys: ListKeys;
}

/** Lists of the questions, best first; a question without one has an empty list. */
export interface JudgedLists {
  readonly ranking: Ranking;
  readonly missing: number;
}

/** Reads the lists of one run and puts them beside the questions. `bad-data` names an unknown id, and what is doubled. */
export async function listsOf(source: ListsSource, questions: EvaluationSet, catalog: Catalog): Promise<JudgedLists> {
  const all = await readLists(source.file, source.keys);
  const written = all.find(({ name }) => (name ?? null) === source.run);
  if (written === undefined) {
    throw new PlatformError("not-found", `${source.file}: expected lists of ${source.run ?? "one run"}, found none.`);
  }
  return rankingOf(written, questions, catalog, basename(source.file));
}

function rankingOf(written: WrittenLists, { queries }: EvaluationSet, catalog: Catalog, where: string): JudgedLists {
  const rowOf = written.by === "query" ? queryRow(queries.size, where) : userRow(queries.users, catalog, where);
  const rows = written.keys.map(rowOf);
  const itemOf = new Map(catalog.items.ids.map((id, item) => [id, item]));
  const lists = Array.from({ length: queries.size }, (): number[] => []);
  rows.forEach((row, at) => lists[row]?.push(at));
  const offsets = new Int32Array(queries.size + 1);
  const kept = rows.filter((row) => row >= 0).length;
  const items = new Int32Array(kept);
  const scores = new Float32Array(kept);
  const seen = new Int32Array(catalog.items.size).fill(-1);
  let end = 0;
  lists.forEach((list, row) => {
    list.sort((a, b) => written.scores[b]! - written.scores[a]! || a - b);
    for (const at of list) {
      const item = itemOf.get(written.items[at]!);
      if (item === undefined) {
        throw new PlatformError(
          "bad-data",
          `${where}: item "${written.items[at]}" of ${written.by} ${written.keys[at]} does not occur in the data, whose items look like "${catalog.items.ids[0]}".`,
        );
      }
      if (seen[item] === row) {
        throw new PlatformError(
          "bad-data",
          `${where}: item "${written.items[at]}" stands twice in the list of ${written.by} ${written.keys[at]}.`,
        );
      }
      seen[item] = row;
      items[end] = item;
      scores[end++] = written.scores[at]!;
    }
    offsets[row + 1] = end;
  });
  return { ranking: { offsets, items, scores }, missing: lists.filter((list) => list.length === 0).length };
}

function queryRow(size: number, where: string): (key: string) => number {
  return (key) => {
    const row = /^\d+$/.test(key) ? Number(key) : Number.NaN;
    if (row < size) return row;
    throw new PlatformError(
      "bad-data",
      `${where}: a query must be the number of a test question, 0 to ${size - 1} as in the qrels, got "${key}"; ` +
        "where it is the id of a user, say so: --keys user.",
    );
  };
}

/** The one question of a user; -1 for users who are not asked. */
function userRow(users: Int32Array, catalog: Catalog, where: string): (key: string) => number {
  const rows = new Map<string, number>();
  users.forEach((user, row) => {
    const id = catalog.users.ids[user]!;
    if (rows.has(id)) {
      throw new PlatformError(
        "bad-data",
        `${where}: lists are by user, but user "${id}" is asked more than once: give the number of the question in a column query.`,
      );
    }
    rows.set(id, row);
  });
  const known = new Set(catalog.users.ids);
  return (key) => {
    if (!known.has(key)) {
      throw new PlatformError(
        "bad-data",
        `${where}: user "${key}" does not occur in the data, whose users look like "${catalog.users.ids[0]}".`,
      );
    }
    return rows.get(key) ?? -1;
  };
}

/** (columns) the scores of a list: those of its items, NaN for the rest, which is not ranked. */
export function listScores(
  { offsets, items, scores }: Ranking,
  from: number,
  to: number,
  columns: number,
): Float32Array {
  const out = new Float32Array((to - from) * columns).fill(Number.NaN);
  for (let row = from; row < to; row++) {
    for (let at = offsets[row]!; at < offsets[row + 1]!; at++) out[(row - from) * columns + items[at]!] = scores[at]!;
  }
  return out;
}
