import { maxOf } from "@sequitur/core";
import { fixed, pValue, signed } from "@sequitur/workbench";
import { styleText } from "node:util";
import { levelText } from "./level-text.js";
import type { ArmReport, Report, WorldMean } from "./report.js";

export interface SummaryTextOptions {
  /** Width to fit in characters; the least important columns are dropped until the table fits. */
  readonly columns: number;
  /** Whether to write escape codes for colour. */
  readonly color: boolean;
}

interface Column {
  readonly title: string;
  /** Lowest is dropped last; arm, clicks and verdict always stay. */
  readonly rank: number;
  readonly cell: (arm: ArmReport) => string;
}

/** The result of an experiment for a terminal: one row an arm, failures below, then what it means. Ends in a newline. */
export function summaryText(report: Report, { color, columns: room }: SummaryTextOptions): string {
  const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
    color ? styleText(style, text, { validateStream: false }) : text;
  const arms = report.arms.filter(({ error }) => error === null);
  const columns = fitted(columnsOf(report), arms, room);
  const widths = columns.map((column) => widthOf(column, arms));
  const line = (cells: readonly string[]): string =>
    cells
      .map((text, i) => (i === 0 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!)))
      .join("  ")
      .trimEnd();
  const head = line(columns.map(({ title }) => title));
  const lines = [
    paint("bold", clean(report.title)),
    aboutText(report),
    "",
    paint("bold", head),
    "─".repeat(head.length),
  ];
  for (const arm of arms) {
    const text = line(columns.map(({ cell }) => cell(arm)));
    lines.push(
      arm.verdict === "more clicks" ? paint("green", text) : arm.verdict === "ceiling" ? paint("dim", text) : text,
    );
  }
  for (const { label, error } of report.arms) {
    if (error !== null) lines.push(paint("red", `failed: ${clean(label)}: ${clean(error)}`));
  }
  return `${[...lines, "", ...legend(report)].join("\n")}\n`;
}

function aboutText({ config, seeds, visits }: Report): string {
  return (
    `${config.world.kind} world, ${config.behaviour.clicks.kind} clicks; ${config.users} users, ` +
    `${config.warmup.days} + ${config.days} days, slates of ${config.slate}, ${seeds.length} worlds, ${visits} slates an arm.`
  );
}

function columnsOf(report: Report): Column[] {
  const measure = (
    title: string,
    rank: number,
    decimals: number,
    of: (arm: ArmReport) => WorldMean | null | undefined,
  ): Column => ({ title, rank, cell: (arm) => meanText(of(arm), decimals) });
  const columns: Column[] = [
    { title: "arm", rank: 0, cell: ({ label }) => clean(label) },
    measure("clicks/slate", 0, 4, ({ measures }) => measures?.clicksPerSlate),
    {
      title: `vs ${clean(report.control)}`,
      rank: 1,
      cell: ({ versusControl }) => differenceText(versusControl?.clicksPerSlate, 4),
    },
    measure("regret", 2, 0, ({ measures }) => measures?.regret),
    measure("diversity", 3, 3, ({ measures }) => measures?.diversity),
    measure("coverage", 6, 3, ({ measures }) => measures?.coverage),
    measure("new items", 5, 3, ({ measures }) => measures?.freshShare),
    { title: "verdict", rank: 0, cell: ({ verdict }) => verdict },
    { title: "A/B test", rank: 4, cell: ({ reading }) => readingText(reading) },
  ];
  return report.config.regret ? columns : columns.filter(({ title }) => title !== "regret");
}

const GAP = 2;

function widthOf({ title, cell }: Column, arms: readonly ArmReport[]): number {
  return maxOf([title.length, ...arms.map((arm) => cell(arm).length)]);
}

function fitted(columns: readonly Column[], arms: readonly ArmReport[], room: number): Column[] {
  const kept = [...columns];
  const total = (): number => kept.reduce((sum, column) => sum + widthOf(column, arms) + GAP, -GAP);
  for (;;) {
    const worst = kept.reduce((a, b) => (b.rank > a.rank ? b : a));
    if (worst.rank === 0 || total() <= room) return kept;
    kept.splice(kept.indexOf(worst), 1);
  }
}

/** `0.1234 ±0.0020`; the interval is that of the t distribution over worlds. */
function meanText(value: WorldMean | null | undefined, decimals: number): string {
  if (value === null || value === undefined) return "–";
  return value.high === null
    ? fixed(value.mean, decimals)
    : `${fixed(value.mean, decimals)} ±${fixed(value.high - value.mean, decimals)}`;
}

function differenceText(value: WorldMean | null | undefined, decimals: number): string {
  if (value === null || value === undefined) return "";
  return value.high === null
    ? signed(value.mean, decimals)
    : `${signed(value.mean, decimals)} ±${fixed(value.high - value.mean, decimals)}`;
}

function readingText(reading: ArmReport["reading"]): string {
  const last = reading?.path.at(-1);
  if (last === undefined) return "";
  const stop = reading!.stoppedOn === null ? "no decision" : `decided on day ${reading!.stoppedOn}`;
  return `${signed(last.low, 4)} to ${signed(last.high, 4)}, ${pValue(last.pValue)}, ${stop}`;
}

function legend({ config, seeds, sampleRatio, power, notes, arms }: Report): string[] {
  const lines = [
    seeds.length > 1
      ? `± is half the ${levelText(config)} t interval over ${seeds.length} worlds; differences are world by world, same users and draws.`
      : "One world: no intervals.",
  ];
  if (config.regret) lines.push("regret: expected clicks that the best slates would have brought more, in a world.");
  if (arms.some(({ reading }) => (reading?.path.length ?? 0) > 0)) {
    lines.push(
      "A/B test: each user sees one arm, looked at every day; always-valid " +
        `${levelText(config)} interval and p-value of the difference in clicks per slate.`,
    );
  }
  if (sampleRatio !== null) {
    lines.push(`Sample ratio: ${sampleRatio.mismatch ? "MISMATCH" : "as designed"} (${pValue(sampleRatio.pValue)}).`);
  }
  if (power !== null) {
    lines.push(
      `Power: with ${power.usersPerArm} users an arm one look at the end finds ${percentText(power.detectable)} of control's ` +
        `rate (power 0.8, alpha ${config.alpha}); ${percentText(power.effect)} needs ${power.needed} users an arm.`,
    );
  }
  return [...lines, ...notes.map((note) => `Note: ${clean(note)}`)];
}

function percentText(share: number): string {
  return `${fixed(100 * share, 1)} %`;
}

/** Labels and messages come from files: nothing in them may steer the terminal. */
function clean(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replaceAll(/[\u0000-\u001F\u007F-\u009F]+/g, " ").trim();
}
