import { CONTEXT_NAMES, listOf, NONE, PlatformError, type Interactions, type Report } from "@sequitur/core";
import {
  answersInSight,
  type Dataset,
  type EvaluationSet,
  type FilterConfig,
  type Split,
  type SplitConfig,
} from "@sequitur/data";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { csvLine } from "./csv-text.js";
import { writeLines } from "./write-lines.js";

export interface SplitFilesRun {
  /** Whether the answers of the test are written: not for a benchmark that is handed out. */
  readonly answers: boolean;
  /** What the data set went through before the split. */
  readonly filters: readonly FilterConfig[];
  readonly report: Report;
  readonly signal: AbortSignal;
}

/** What split.json says of the files beside it. */
export interface SplitSummary {
  readonly data: string;
  /** Of the data set before the split. */
  readonly fingerprint: string;
  readonly split: SplitConfig;
  /** Applied before the split. */
  readonly filters: readonly FilterConfig[];
  readonly train: number;
  readonly validation: number;
  readonly test: number;
  readonly files: Readonly<Record<string, string>>;
}

const FILES = {
  "train.csv": "training interactions: user, item, time (ms since the epoch, UTC) and what else the data has",
  "validation.csv": "one line an answer: query, user, item, time of the question",
  "test.csv": "one line an answer: query, user, item, time of the question",
  "validation.jsonl": "one line a query: user, now, history and its times oldest first, answers",
  "test.jsonl": "one line a query: user, now, history and its times oldest first, answers",
} as const;

/** Without answers: lists are to be made for every line of test.jsonl, as a TREC run or query,item,score. */
function filesOf(answers: boolean): Readonly<Record<string, string>> {
  if (answers) return FILES;
  const { "test.csv": _answers, ...files } = FILES;
  return {
    ...files,
    "test.jsonl": "one line a query: user, now, history and its times oldest first; the answers are kept back",
  };
}

const HOW_TO_ANSWER = `# A benchmark without its answers

\`train.csv\` and \`validation.*\` are to learn and choose from. Each line of \`test.jsonl\` is a question: a user's history up to
\`now\`. Hand back a ranked list for each, best first, as a table with the columns query, item and score (or rank), or as a TREC run
(\`query Q0 item rank score tag\`). Whoever keeps the data judges them: \`sequitur judge LISTS... --benchmark THIS-FOLDER\`.
`;

/** Throws `bad-config` where answers that are kept back stand in what is handed out. */
function checkKeptBack(split: Split, { kind }: SplitConfig): void {
  const seen = answersInSight(split);
  if (seen === 0) return;
  throw new PlatformError(
    "bad-config",
    `--no-answers: ${seen} of ${split.test.queries.size} questions would have an answer in what is handed out, as in the history of the ` +
      `user's next question. Ask each user once (${kind === "given" ? "given:ask=set" : "temporal:ask=first or ask=set, leave-one-out"}).`,
  );
}

/** Writes a split as plain files into a folder that is new or empty: all of them or none. */
export async function writeSplit(
  out: string,
  dataset: Dataset,
  config: SplitConfig,
  split: Split,
  run: SplitFilesRun,
): Promise<SplitSummary> {
  if (existsSync(out) && (await readdir(out)).length > 0) {
    throw new PlatformError("bad-config", `expected a new or empty folder for --out, got ${out} with files in it.`);
  }
  if (!run.answers) checkKeptBack(split, config);
  const temporary = `${out.replace(/[/\\]+$/, "")}.${process.pid}.part`;
  await mkdir(temporary, { recursive: true });
  const summary: SplitSummary = {
    data: dataset.name,
    fingerprint: dataset.fingerprint,
    split: config,
    filters: run.filters,
    train: split.train.size,
    validation: split.validation.queries.size,
    test: split.test.queries.size,
    files: filesOf(run.answers),
  };
  try {
    await writeTrain(join(temporary, "train.csv"), split.train, run);
    for (const part of ["validation", "test"] as const) {
      if (part === "validation" || run.answers) {
        await writeAnswers(join(temporary, `${part}.csv`), split[part], split.train, run);
      }
      const answers = part === "validation" || run.answers;
      await writeQueries(join(temporary, `${part}.jsonl`), split[part], split.train, { ...run, answers });
    }
    if (!run.answers) await writeFile(join(temporary, "README.md"), HOW_TO_ANSWER);
    await writeFile(join(temporary, "split.json"), `${JSON.stringify(summary, null, 2)}\n`);
    await rm(out, { recursive: true, force: true });
    await rename(temporary, out);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return summary;
}

async function writeTrain(path: string, train: Interactions, run: SplitFilesRun): Promise<void> {
  const { catalog, users, items, times, context } = train;
  const names = CONTEXT_NAMES.filter((name) => context[name] !== undefined);
  const lineOf = (row: number): string =>
    csvLine([
      catalog.users.ids[users[row]!]!,
      catalog.items.ids[items[row]!]!,
      times[row]!,
      ...names.map((name) => context[name]![row]!),
    ]);
  await writeLines(path, csvLine(["user", "item", "time", ...names]), train.size, lineOf, run);
}

async function writeAnswers(path: string, set: EvaluationSet, train: Interactions, run: SplitFilesRun): Promise<void> {
  const lineOf = (query: number): string => {
    const user = userOf(set, query, train);
    const now = set.queries.now[query]!;
    const answers = idsOf(listOf(set.targets, query), train);
    return answers.map((item) => csvLine([query, user ?? "", item, now])).join("");
  };
  await writeLines(path, csvLine(["query", "user", "item", "time"]), set.queries.size, lineOf, run);
}

async function writeQueries(path: string, set: EvaluationSet, train: Interactions, run: SplitFilesRun): Promise<void> {
  const { queries } = set;
  const lineOf = (query: number): string => {
    const [from, to] = [queries.offsets[query]!, queries.offsets[query + 1]!];
    const line = {
      query,
      user: userOf(set, query, train),
      now: queries.now[query],
      history: idsOf(queries.items.subarray(from, to), train),
      times: [...queries.times.subarray(from, to)],
      sessionStart: queries.sessionStarts[query]! - from,
      ...(run.answers && { answers: idsOf(listOf(set.targets, query), train) }),
    };
    return `${JSON.stringify(line)}\n`;
  };
  await writeLines(path, "", queries.size, lineOf, run);
}

function userOf(set: EvaluationSet, query: number, { catalog }: Interactions): string | null {
  const user = set.queries.users[query]!;
  return user === NONE ? null : catalog.users.ids[user]!;
}

function idsOf(items: Int32Array, { catalog }: Interactions): string[] {
  return Array.from(items, (item) => catalog.items.ids[item]!);
}
