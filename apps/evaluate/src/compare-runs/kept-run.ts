import { decodeTensorFile, PlatformError, stringsOf, type RaggedItems } from "@sequitur/core";
import { readLists } from "@sequitur/data";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { LISTS_FILE } from "../lists-out.js";
import { QUERIES_FILE } from "../query-file.js";

const manifestSchema = z.object({
  format: z.literal("sequitur-queries/1"),
  labels: z.array(z.string()),
  metrics: z.array(z.string()),
});

/** The questions of a report and what each of its models made of them. */
export interface KeptReport {
  readonly folder: string;
  readonly labels: readonly string[];
  readonly metrics: readonly string[];
  /** (Q) user of each question, an index into `userIds` or NONE. */
  readonly users: Int32Array;
  /** (Q) ms since the epoch. */
  readonly now: Float64Array;
  readonly targets: RaggedItems;
  readonly userIds: readonly string[];
  readonly itemIds: readonly string[];
  /** (Q) values of one metric of one model; NaN where undefined. */
  values(label: string, metric: string): Float64Array;
  /** Each question's list of one model by item ids, best first; undefined where the report keeps none (`keepLists`). */
  lists(label: string): Promise<readonly (readonly string[])[] | undefined>;
}

/** Reads the per-query values beside a report. `not-found` where there is no report. */
export async function readKeptReport(folder: string): Promise<KeptReport> {
  const path = join(folder, QUERIES_FILE);
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new PlatformError("not-found", `expected the folder of a report, with ${QUERIES_FILE}, at ${folder}.`, {
      cause,
    });
  });
  const { manifest, tensors } = decodeTensorFile(bytes, path);
  const parsed = manifestSchema.safeParse(manifest);
  if (!parsed.success) throw new PlatformError("bad-artifact", `${path}: expected the per-query values of a report.`);
  const { labels, metrics } = parsed.data;
  const column = <T>(name: string, Data: abstract new (...args: never[]) => T): T => {
    const data: unknown = tensors.get(name)?.data;
    if (data instanceof Data) return data;
    throw new PlatformError("bad-artifact", `${path}: expected a column ${name}, found none.`);
  };
  const users = column("users", Int32Array);
  return {
    folder,
    labels,
    metrics,
    users,
    now: column("now", Float64Array),
    targets: { offsets: column("targets.offsets", Int32Array), items: column("targets.items", Int32Array) },
    userIds: stringsOf(tensors.get("user.ids"), path),
    itemIds: stringsOf(tensors.get("item.ids"), path),
    values: (label, metric) => Float64Array.from(column(`values/${label}/${metric}`, Float32Array)),
    lists: (label) => keptLists(join(folder, LISTS_FILE), label, users.length),
  };
}

async function keptLists(
  path: string,
  label: string,
  size: number,
): Promise<readonly (readonly string[])[] | undefined> {
  const runs = await readLists(path, "query").catch((error: unknown) => {
    if (error instanceof PlatformError && error.code === "not-found") return [];
    throw error;
  });
  const run = runs.find(({ name }) => name === label);
  if (run === undefined) return undefined;
  const order = Array.from(run.keys, (key, at) => [Number(key), at] as const).sort(
    ([a, i], [b, j]) => a - b || run.scores[j]! - run.scores[i]! || i - j,
  );
  const lists = Array.from({ length: size }, (): string[] => []);
  for (const [query, at] of order) lists[query]?.push(run.items[at]!);
  return lists;
}

/** The right answers of a question, by their ids. */
export function answersOf({ targets, itemIds }: KeptReport, query: number): readonly string[] {
  return Array.from(
    targets.items.subarray(targets.offsets[query], targets.offsets[query + 1]),
    (item) => itemIds[item]!,
  );
}
