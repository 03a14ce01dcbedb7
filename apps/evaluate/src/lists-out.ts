import { listOf, NONE, type Ranking } from "@sequitur/core";
import { toTrec, type EvaluationSet } from "@sequitur/data";
import type { Catalog } from "@sequitur/core";
import { parquetWriteBuffer } from "hyparquet-writer";

/** The lists that one model made for the questions. */
export interface LabelledLists {
  readonly label: string;
  readonly ranking: Ranking;
}

/** How lists are written beside the report. */
export const LIST_FORMATS = ["csv", "trec", "parquet"] as const;
export type ListFormat = (typeof LIST_FORMATS)[number];

/** All models' lists as a table, beside the report. */
export const LISTS_FILE = "lists.csv";

/**
 * File name -> content: `lists.csv` or `lists.parquet` with every model's lists, a run file a model as trec_eval reads it, and
 * `qrels.txt` with the answers. A question is its number in the order of the split, as in the files of `sequitur data split`.
 */
export function listFiles(
  models: readonly LabelledLists[],
  { queries, targets }: EvaluationSet,
  catalog: Catalog,
  formats: readonly ListFormat[],
): [name: string, content: string | Uint8Array][] {
  const files: [string, string | Uint8Array][] = [];
  if (formats.includes("csv")) files.push([LISTS_FILE, csvLists(models, queries.users, catalog)]);
  if (formats.includes("parquet")) files.push(["lists.parquet", parquetLists(models, queries.users, catalog)]);
  if (!formats.includes("trec")) return files;
  const qrels = linesOf(queries.size, (query) =>
    Array.from(listOf(targets, query), (item) => `${query} 0 ${toTrec(catalog.items.ids[item]!)} 1\n`),
  );
  files.push(["qrels.txt", qrels]);
  for (const { label, ranking } of models) {
    files.push([`${encodeURIComponent(label)}.run`, trecRun(toTrec(label), ranking, catalog)]);
  }
  return files;
}

function csvLists(models: readonly LabelledLists[], users: Int32Array, catalog: Catalog): string {
  const rows = models.map(({ label, ranking }) =>
    linesOf(users.length, (query) => {
      const user = users[query] === NONE ? "" : quoted(catalog.users.ids[users[query]!]!);
      return Array.from(listOf(ranking, query), (item, place) => {
        const score = ranking.scores[ranking.offsets[query]! + place]!;
        return `${quoted(label)},${query},${user},${quoted(catalog.items.ids[item]!)},${place + 1},${score}\n`;
      });
    }),
  );
  return ["model,query,user,item,rank,score\n", ...rows].join("");
}

/** The columns of `lists.csv`; user is null where a question has none. */
function parquetLists(models: readonly LabelledLists[], users: Int32Array, catalog: Catalog): Uint8Array {
  const rows = models.flatMap(({ label, ranking }) =>
    Array.from(users, (user, query) =>
      Array.from(listOf(ranking, query), (item, place) => ({
        model: label,
        query,
        user: user === NONE ? null : catalog.users.ids[user]!,
        item: catalog.items.ids[item]!,
        rank: place + 1,
        score: ranking.scores[ranking.offsets[query]! + place]!,
      })),
    ).flat(),
  );
  type Name = keyof (typeof rows)[number];
  const column = (name: Name, type: "STRING" | "INT32" | "FLOAT") => ({
    name,
    type,
    data: rows.map((row) => row[name]),
  });
  const columnData = [
    column("model", "STRING"),
    column("query", "INT32"),
    column("user", "STRING"),
    column("item", "STRING"),
    column("rank", "INT32"),
    column("score", "FLOAT"),
  ];
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}

function trecRun(tag: string, ranking: Ranking, catalog: Catalog): string {
  return linesOf(ranking.offsets.length - 1, (query) =>
    Array.from(listOf(ranking, query), (item, place) => {
      const score = ranking.scores[ranking.offsets[query]! + place]!;
      return `${query} Q0 ${toTrec(catalog.items.ids[item]!)} ${place + 1} ${score} ${tag}\n`;
    }),
  );
}

function linesOf(size: number, linesAt: (query: number) => readonly string[]): string {
  return Array.from({ length: size }, (_, query) => linesAt(query).join("")).join("");
}

function quoted(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
