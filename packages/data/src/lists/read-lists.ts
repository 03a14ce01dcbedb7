import { PlatformError } from "@sequitur/core";
import { createReadStream } from "node:fs";
import { access, open } from "node:fs/promises";
import { basename } from "node:path";
import { createInterface } from "node:readline";
import { tableFormat } from "../sources/mapping.js";
import { parseNumber, type Row } from "../sources/row.js";
import type { ImportRun } from "../sources/source-folder.js";
import { readTable } from "../sources/table.js";

/** Recommendations of one run as they were written: a row an item of a list, in any order. */
export interface WrittenLists {
  /** The run's tag, or the value of its model column; undefined where the file has neither. */
  readonly name: string | undefined;
  /** Whose list a row is of: the number of a question, or the id of a user. */
  readonly by: "query" | "user";
  readonly keys: readonly string[];
  readonly items: readonly string[];
  /** Higher is better: the score, or the rank negated where there is none. */
  readonly scores: Float64Array;
}

/** What the ids in a file without telling column names are. */
export type ListKeys = "auto" | "query" | "user";

const KEYS = {
  query: ["query", "qid", "query_id", "queryid", "question", "topic"],
  user: ["user", "user_id", "userid", "uid", "customer_id"],
} as const;
const ITEMS = ["item", "item_id", "itemid", "iid", "docid", "doc_id", "docno", "article_id"];
const SCORES = ["score", "scores", "prediction", "pred", "rating"];
const RANKS = ["rank", "position"];
const MODELS = ["model", "algorithm", "tag", "run", "recommender"];

/**
 * Reads recommendation lists of any tool: a TREC run (`query Q0 item rank score tag`, split at blanks), or a table (CSV,
 * TSV, JSON Lines, Parquet, packed or not) with a header that names query or user, item, and score or rank, such as
 * LensKit's frames and RecBole's typed headers (`user_id:token`). A model column holds several runs.
 */
export async function readLists(path: string, keys: ListKeys, run: ImportRun = {}): Promise<readonly WrittenLists[]> {
  await access(path).catch(() => {
    throw new PlatformError("not-found", `expected a file of recommendations at ${path}, found none.`);
  });
  const collected = new Collected();
  if (await isTrecRun(path)) {
    await readTrec(path, collected);
    return collected.lists(keys === "auto" ? "query" : keys);
  }
  let by: "query" | "user" = "query";
  await readTable(path, tableFormat.parse({}), {}, run, (columns) => {
    const layout = layoutOf(columns, keys, path);
    by = layout.by;
    return (row) =>
      collected.add(nameOf(row, layout.model), row.idText(layout.key), row.idText(layout.item), scoreOf(row, layout));
  });
  return collected.lists(by);
}

interface Layout {
  readonly by: "query" | "user";
  readonly key: number;
  readonly item: number;
  readonly value: number;
  readonly isRank: boolean;
  readonly column: string;
  readonly model: number;
}

function layoutOf(columns: readonly string[], keys: ListKeys, path: string): Layout {
  // RecBole types its headers: user_id:token.
  const names = columns.map((name) => name.trim().toLowerCase().replace(/:.*$/, ""));
  const find = (wanted: readonly string[]): number => names.findIndex((name) => wanted.includes(name));
  const [query, user, item] = [find(KEYS.query), find(KEYS.user), find(ITEMS)];
  const [score, rank] = [find(SCORES), find(RANKS)];
  const by = keys === "auto" ? (query >= 0 ? "query" : "user") : keys;
  const key = by === "query" ? query : user;
  const value = score >= 0 ? score : rank;
  if (key < 0 || item < 0 || value < 0) {
    throw new PlatformError(
      "bad-data",
      `${path}: expected the columns ${by === "query" ? "query" : "query or user"}, item, and score or rank, or a TREC run ` +
        `(query Q0 item rank score tag), got the columns ${columns.join(", ")}.`,
    );
  }
  return { by, key, item, value, isRank: score < 0, column: columns[value]!, model: find(MODELS) };
}

function nameOf(row: Row, model: number): string | undefined {
  return model < 0 || row.isEmpty(model) ? undefined : row.text(model);
}

function scoreOf(row: Row, { value, isRank, column }: Layout): number {
  const number = parseNumber(row, column, row.text(value));
  return isRank ? -number : number;
}

/** Rows by run, as they come. */
class Collected {
  readonly #runs = new Map<string | undefined, { keys: string[]; items: string[]; scores: number[] }>();

  add(name: string | undefined, key: string, item: string, score: number): void {
    let own = this.#runs.get(name);
    if (own === undefined) this.#runs.set(name, (own = { keys: [], items: [], scores: [] }));
    own.keys.push(key);
    own.items.push(item);
    own.scores.push(score);
  }

  lists(by: "query" | "user"): WrittenLists[] {
    return [...this.#runs].map(([name, { keys, items, scores }]) => ({
      name,
      by,
      keys,
      items,
      scores: Float64Array.from(scores),
    }));
  }
}

const TREC_LINE = /^\s*(\S+)\s+(\S+)\s+(\S+)\s+(-?\d+)\s+(\S+)\s+(\S+)\s*$/;

async function isTrecRun(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4096), 0, 4096, 0);
    const first = buffer.toString("utf8", 0, bytesRead).split(/\r?\n/)[0]!;
    const match = TREC_LINE.exec(first);
    return match !== null && !first.includes(",") && Number.isFinite(Number(match[5]));
  } finally {
    await file.close();
  }
}

async function readTrec(path: string, collected: Collected): Promise<void> {
  const lines = createInterface({ input: createReadStream(path, "utf8"), crlfDelay: Infinity });
  let line = 0;
  for await (const text of lines) {
    line++;
    if (text.trim() === "") continue;
    const [, query, , item, , score, tag] = TREC_LINE.exec(text) ?? [];
    const value = Number(score);
    if (query === undefined || !Number.isFinite(value)) {
      throw new PlatformError(
        "bad-data",
        `${basename(path)}, line ${line}: expected "query Q0 item rank score tag", got "${text.slice(0, 60)}".`,
      );
    }
    collected.add(tag, query, fromTrec(item!), value);
  }
}

/** An id as a field of a TREC file, where blanks part the fields: blanks and % as in a URL. */
export function toTrec(id: string): string {
  return id.replaceAll(/[\s%]/g, (character) => encodeURIComponent(character));
}

function fromTrec(id: string): string {
  return id.replaceAll(/%(?:25|20|09|0A|0D|C2%A0)/gi, (code) => decodeURIComponent(code));
}
