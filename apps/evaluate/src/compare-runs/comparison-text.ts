import { count, fixed, percent, pValue, signed } from "@sequitur/workbench";
import { metricTitle } from "../report-page/metric-words.js";
import type { ComparedQuestion, RunComparison } from "./compare-runs.js";

/** What was found, in one sentence. */
export function comparisonHeadline({ labels: [a, b], metric, level, paired }: RunComparison): string {
  const { difference, low, high, pValue: p } = paired.paired;
  const verdict = p < 1 - level ? (difference > 0 ? "better than" : "worse than") : "not distinguishable from";
  const interval = Number.isNaN(low)
    ? "no interval"
    : `${percent(level)} interval ${signed(low, 4)} to ${signed(high, 4)}`;
  return (
    `${b} is ${verdict} ${a} by ${metricTitle(metric)}: ${fixed(paired.meanA, 4)} against ` +
    `${fixed(paired.meanB, 4)}, difference ${signed(difference, 4)} (${interval}; ${pValue(p)}).`
  );
}

/** How many questions gain and lose. */
export function gainsAndLosses({ labels: [, b], paired, overlap }: RunComparison): string {
  const share = (of: number): string => `${count(of)} (${percent(of / paired.count)})`;
  const alike =
    overlap === null ? "" : ` Rank-biased overlap of the lists: ${fixed(overlap, 2)}, where 1 is the same list.`;
  return `${b} gains on ${share(paired.wins)} of the questions, loses on ${share(paired.losses)}, and does the same on ${share(paired.ties)}.${alike}`;
}

/** The comparison as Markdown, which reads well in a terminal too. */
export function comparisonText(comparison: RunComparison): string {
  const { gains, losses, labels, metric } = comparison;
  return [
    `# ${labels[1]} against ${labels[0]}`,
    "",
    comparisonHeadline(comparison),
    gainsAndLosses(comparison),
    "",
    ...questionsText(`Where ${labels[1]} gains most`, gains, labels, metric),
    ...questionsText(`Where ${labels[1]} loses most`, losses, labels, metric),
    ...comparison.notes.map((note) => `- ${note}`),
    "",
  ].join("\n");
}

function questionsText(
  title: string,
  questions: readonly ComparedQuestion[],
  [a, b]: RunComparison["labels"],
  metric: string,
): string[] {
  if (questions.length === 0) return [];
  return [`## ${title}`, "", ...questions.flatMap((question) => [...questionText(question, [a, b], metric), ""])];
}

function questionText(question: ComparedQuestion, labels: RunComparison["labels"], metric: string): string[] {
  const { query, user, answers, values, lists } = question;
  const cell = (text: string): string => text.replaceAll("|", "\\|");
  const head = [
    `**Question ${query}**, user ${user ?? "unknown"}, right: ${answers.join(", ")}; ${metricTitle(metric)} ${fixed(values[0], 3)} → ${fixed(values[1], 3)}`,
  ];
  const [first, second] = lists;
  if (first === undefined || second === undefined) return head;
  const mark = (item: string | undefined): string =>
    item === undefined ? "" : answers.includes(item) ? `**${cell(item)}**` : cell(item);
  const rows = Array.from(
    { length: Math.max(first.length, second.length) },
    (_, place) => `| ${place + 1} | ${mark(first[place])} | ${mark(second[place])} |`,
  );
  return [...head, "", `| | ${cell(labels[0])} | ${cell(labels[1])} |`, "| --- | --- | --- |", ...rows];
}
