import { listOf, NONE, type Ranking } from "@sequitur/core";
import { toTrec, type EvaluationSet } from "@sequitur/data";
import type { Catalog } from "@sequitur/core";

/** The lists that one model made for the questions. */
export interface LabelledLists {
  readonly label: string;
  readonly ranking: Ranking;
}

/** How lists are written beside the report. */
export const LIST_FORMATS = ["csv", "trec"] as const;
export type ListFormat = (typeof LIST_FORMATS)[number];

/**
 * File name -> content: `lists.csv` with every model's lists, a run file a model as trec_eval reads it, and `qrels.txt` with
 * the answers. A question is its number in the order of the split, as in the files of `sequitur data split`.
 */
export function listFiles(
  models: readonly LabelledLists[],
  { queries, targets }: EvaluationSet,
  catalog: Catalog,
  formats: readonly ListFormat[],
): [name: string, content: string][] {
  const files: [string, string][] = [];
  if (formats.includes("csv")) files.push(["lists.csv", csvLists(models, queries.users, catalog)]);
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
