import { maxOf } from "@sequitur/core";
import { bytes, columnPercent, count, fixed, halfWidth, percent, seconds, signed } from "@sequitur/workbench";
import { styleText } from "node:util";
import type { Report } from "../report.js";
import {
  leaderboardView,
  meanOverRuns,
  peakMemory,
  type LeaderboardRow,
  type LeaderboardView,
  type MetricColumn,
} from "./leaderboard-view.js";
import { inputWords } from "../shown-inputs.js";
import { metricTitle } from "./metric-words.js";

export interface LeaderboardTextOptions {
  /** Width to fit in characters; columns are dropped from the right of importance until the table fits. */
  readonly columns: number;
  /** Whether to write escape codes for colour. */
  readonly color: boolean;
}

interface Column {
  readonly title: string;
  /** Lowest is dropped last. */
  readonly rank: number;
  readonly align: "left" | "right";
  readonly cell: (row: LeaderboardRow) => string;
}

const GAP = "  ";
const LABEL_LIMIT = 28;

/** The leaderboard for a terminal: aligned columns, ceiling apart on top, failures below, a legend. Ends in a newline. */
export function leaderboardText(report: Report, options: LeaderboardTextOptions): string {
  const view = leaderboardView(report);
  const rows = [...view.ceilings, ...view.competitors];
  const columns = fitted(columnsOf(report, view), rows, options.columns);
  const widths = columns.map((column) => widthOf(column, rows));
  const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
    options.color ? styleText(style, text, { validateStream: false }) : text;
  const line = (row: LeaderboardRow): string => {
    const text = joined(columns.map((column, i) => padded(column.cell(row), widths[i]!, column.align)));
    if (row.standing === "best") return paint(["bold", "green"], text);
    return row.standing === "ceiling" ? paint("dim", text) : text;
  };
  const head = joined(columns.map((column, i) => padded(column.title, widths[i]!, column.align)));
  const rule = "─".repeat(widths.reduce((sum, width) => sum + width + GAP.length, -GAP.length));
  const lines = [paint("bold", clean(report.title)), ...wrapped(clean(report.protocol.summary), options.columns), ""];
  lines.push(paint("bold", head), rule);
  for (const ceiling of view.ceilings) lines.push(line(ceiling));
  if (view.ceilings.length > 0) lines.push(rule);
  for (const competitor of view.competitors) lines.push(line(competitor));
  if (view.failures.length > 0) lines.push("");
  for (const row of view.failures) lines.push(paint("red", failure(row)));
  const shown = new Set(columns.map((column) => column.title));
  lines.push("");
  for (const text of legend(report, view, shown)) for (const part of wrapped(text, options.columns)) lines.push(part);
  return `${lines.join("\n")}\n`;
}

function columnsOf(report: Report, view: LeaderboardView): Column[] {
  const [main, ...others] = view.columns;
  const columns: Column[] = [
    { title: "model", rank: 0, align: "left", cell: ({ model }) => shortened(clean(model.label), LABEL_LIMIT) },
  ];
  if (main !== undefined) columns.push(metricColumn(main, 1, true));
  columns.push({ title: "", rank: 2, align: "left", cell: standingText });
  for (const [i, column] of others.entries()) columns.push(metricColumn(column, 3 + i * 2, false));
  const baseline = report.baseline;
  if (view.hasBaseline && baseline !== null && main !== undefined) {
    columns.push({ title: baselineTitle(baseline), rank: 6, align: "right", cell: (row) => baselineText(row, main) });
  }
  if (view.hasCeiling) columns.push({ title: "of ceiling", rank: 8, align: "right", cell: shareText });
  columns.push(
    { title: "reads", rank: 5, align: "left", cell: ({ model }) => readsText(model) },
    { title: "fit", rank: 4, align: "right", cell: ({ model }) => timeText(model, "fitSeconds") },
    { title: "users/s", rank: 10, align: "right", cell: ({ model }) => count(rate(model)) },
    { title: "memory", rank: 12, align: "right", cell: ({ model }) => bytes(peakMemory(model)) },
  );
  return columns;
}

function baselineTitle(label: string): string {
  return `vs ${shortened(clean(label), 12)}`;
}

function metricColumn(column: MetricColumn, rank: number, interval: boolean): Column {
  const cell = ({ model }: LeaderboardRow): string => {
    const value = model.metrics[column.key];
    if (value === undefined) return "–";
    const mean = fixed(value.mean, column.decimals);
    return interval ? `${mean} ± ${fixed(halfWidth(value), column.decimals)}` : mean;
  };
  return { title: metricTitle(column.key), rank, align: "right", cell };
}

function standingText(row: LeaderboardRow): string {
  const words = {
    best: "best",
    tied: "≈ best",
    worse: "",
    unequal: "≠ inputs",
    unknown: "",
    ceiling: "ceiling",
    failed: "failed",
  };
  return words[row.standing];
}

function baselineText(row: LeaderboardRow, main: MetricColumn): string {
  if (row.baseline === undefined) return "";
  const difference = signed(row.baseline.difference.mean, main.decimals);
  if (row.baseline.unequal.length > 0) return `${difference} ≠`;
  return row.baseline.significant ? `${difference} *` : `${difference}  `;
}

function shareText(row: LeaderboardRow): string {
  return row.shareOfCeiling === null || row.standing === "ceiling" ? "" : columnPercent(row.shareOfCeiling);
}

function readsText(model: LeaderboardRow["model"]): string {
  return model.role === "ceiling" ? "" : inputWords(model.reads);
}

function timeText(model: LeaderboardRow["model"], key: "fitSeconds"): string {
  return model.role === "ceiling" ? "" : seconds(meanOverRuns(model, (run) => run.timings[key]));
}

function rate(model: LeaderboardRow["model"]): number {
  return meanOverRuns(model, (run) => run.timings.usersPerSecond);
}

function failure(row: LeaderboardRow): string {
  return `failed: ${clean(row.model.label)}: ${clean(row.model.error ?? "")}`;
}

function legend(report: Report, view: LeaderboardView, shown: ReadonlySet<string>): string[] {
  const interval = percent(report.protocol.confidence);
  const lines = [`± is half the ${interval} interval over ${count(report.protocol.queries.testUsed)} queries.`];
  if (view.competitors.some((row) => row.standing === "tied")) {
    lines.push("≈ best: the difference to the best may be chance.");
  }
  const versus = report.baseline !== null && shown.has(baselineTitle(report.baseline));
  if (versus && view.competitors.some((row) => row.baseline?.significant === true)) {
    lines.push("* differs from the baseline by more than chance (Holm-corrected).");
  }
  for (const note of inputNotes(view)) lines.push(note);
  if (view.hasCeiling) lines.push("The ceiling knows the true choice probabilities of the generated data.");
  return [...lines, ...report.protocol.notes.map((note) => `Note: ${clean(note)}`)];
}

/** Which marks are refused, and what each contender reads where they differ, whatever columns fit. */
function inputNotes({ competitors }: LeaderboardView): string[] {
  const unequal = competitors.flatMap(({ model: { comparisons } }) =>
    [...comparisons.best, ...comparisons.baseline].flatMap((comparison) => comparison.unequal),
  );
  if (unequal.length === 0) return [];
  const readers = [...new Set(unequal)].map((input) => {
    const labels = competitors
      .filter(({ model }) => model.reads?.includes(input))
      .map(({ model }) => clean(model.label));
    return `${inputWords([input])}: ${labels.join(", ")}`;
  });
  return [
    `≠ compares models that are shown different things, so no difference is claimed. Shown the ${readers.join("; the ")}.`,
  ];
}

/** Drops the least important columns until the table fits; the model and its main metric always stay. */
function fitted(columns: readonly Column[], rows: readonly LeaderboardRow[], width: number): Column[] {
  const kept = [...columns];
  const total = (): number => kept.reduce((sum, column) => sum + widthOf(column, rows) + GAP.length, -GAP.length);
  while (kept.length > 2 && total() > width) {
    const worst = kept.reduce((a, b) => (b.rank > a.rank ? b : a));
    kept.splice(kept.indexOf(worst), 1);
  }
  return kept;
}

function widthOf(column: Column, rows: readonly LeaderboardRow[]): number {
  return maxOf([column.title.length, ...rows.map((row) => column.cell(row).length)]);
}

function padded(text: string, width: number, align: Column["align"]): string {
  return align === "left" ? text.padEnd(width) : text.padStart(width);
}

function joined(cells: readonly string[]): string {
  return cells.join(GAP).trimEnd();
}

function shortened(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1)}…`;
}

/** Labels and messages come from files: nothing in them may steer the terminal. */
function clean(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replaceAll(/[\u0000-\u001F\u007F-\u009F]+/g, " ").trim();
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
