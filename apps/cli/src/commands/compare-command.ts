import { PlatformError, Random } from "@sequitur/core";
import { writeAtomically } from "@sequitur/core/files";
import type { RunComparison } from "@sequitur/evaluate";
import type { Command } from "commander";
import { mkdir } from "node:fs/promises";
import { dirname, extname } from "node:path";
import { namesOf, numberOf } from "../arguments/assignments.js";
import type { Io } from "../io.js";
import { withExamples, withSharedOptions, type SharedOptions } from "./shared-options.js";

interface Options extends SharedOptions {
  readonly models?: readonly string[];
  readonly metric: string;
  readonly show: number;
  readonly top: number;
  readonly confidence: number;
  readonly out?: string;
}

/** `sequitur compare`. */
export function compareCommand(program: Command, io: Io): void {
  const command = program
    .command("compare")
    .description("compare two models of one report, or of two reports over the same questions, query by query")
    .argument("<reports...>", "the folder of a report, or two of them; evaluate with --keep-lists to see lists")
    .option("--models <names>", "the two labels, the first being what the second is compared with", namesOf)
    .option("--metric <name>", "a metric of the reports", "ndcg@10")
    .option("--show <number>", "questions to show where it gains most, and as many where it loses most", numberOf, 5)
    .option("--top <number>", "places of the lists that are shown", numberOf, 10)
    .option("--confidence <share>", "of the interval", numberOf, 0.95)
    .option("--out <file>", "write a page (.html) or Markdown (.md) too");
  withExamples(withSharedOptions(command, "the comparison"), [
    "sequitur compare reports/shop --models ease,sasrec",
    "sequitur compare reports/before reports/after --models sasrec --out what-changed.html",
  ]);
  command.action(async (folders: readonly string[], options: Options) => {
    const page = options.out === undefined ? undefined : pageKind(options.out);
    const comparison = await compared(folders, options);
    const { comparisonPage, comparisonText } = await import("@sequitur/evaluate");
    const text = comparisonText(comparison);
    io.stdout.write(options.json === true ? `${JSON.stringify(comparison, null, 2)}\n` : text);
    if (options.out === undefined) return;
    await mkdir(dirname(options.out), { recursive: true });
    await writeAtomically(options.out, page === "html" ? comparisonPage(comparison) : text);
    if (options.quiet !== true && options.json !== true) io.stderr.write(`Written to ${options.out}\n`);
  });
}

function pageKind(out: string): "html" | "md" {
  const ending = extname(out).toLowerCase();
  if (ending === ".html" || ending === ".md") return ending === ".html" ? "html" : "md";
  throw new PlatformError("bad-config", `--out must end in .html or .md, got "${out}".`);
}

async function compared(folders: readonly string[], options: Options): Promise<RunComparison> {
  const { compareRuns, readKeptReport } = await import("@sequitur/evaluate");
  const { metric, show, top: listLength, confidence: level } = options;
  if (folders.length > 2) throw new PlatformError("bad-config", `expected one or two reports, got ${folders.length}.`);
  const reports = [];
  for (const folder of folders) reports.push(await readKeptReport(folder));
  const [first, second = first] = reports as [(typeof reports)[number], (typeof reports)[number]?];
  const wanted = options.models ?? [];
  if (wanted.length > 2 || (second === first && wanted.length !== 2) || wanted.length === 0) {
    const known = [...new Set(reports.flatMap(({ labels }) => labels))].join(", ");
    throw new PlatformError(
      "bad-config",
      `--models must name two models (or one that both reports have) of ${known}, got ${wanted.length === 0 ? "none" : wanted.join(", ")}.`,
    );
  }
  const [a, b = a] = wanted as [string, string?];
  const random = new Random(1).fork("compare");
  return compareRuns(
    { report: first, label: a },
    { report: second, label: b },
    { metric, show, listLength, level, random },
  );
}
