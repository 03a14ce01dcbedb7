import { NONE, PlatformError, type Random } from "@sequitur/core";
import { comparePaired, FEW_UNITS, rankBiasedOverlap, type PairedComparison } from "@sequitur/metrics";
import { answersOf, type KeptReport } from "./kept-run.js";

/** One model of one report. */
export interface RunPlace {
  readonly report: KeptReport;
  readonly label: string;
}

/** How two runs are compared. */
export interface CompareRunsOptions {
  /** A per-query metric that both reports have. */
  readonly metric: string;
  /** Questions to show at each end. */
  readonly show: number;
  /** Length of the lists that are shown. */
  readonly listLength: number;
  readonly level: number;
  readonly random: Random;
}

/** One question with what both runs made of it. */
export interface ComparedQuestion {
  readonly query: number;
  readonly user: string | null;
  readonly now: number;
  readonly answers: readonly string[];
  readonly values: readonly [a: number, b: number];
  /** Best first; undefined where a report keeps no lists. */
  readonly lists: readonly [a: readonly string[] | undefined, b: readonly string[] | undefined];
}

/** Two runs over the same questions: b is compared with a. */
export interface RunComparison {
  readonly labels: readonly [a: string, b: string];
  readonly metric: string;
  readonly level: number;
  readonly questions: number;
  readonly users: number;
  /** Of b - a: `wins` are questions where b is better. */
  readonly paired: PairedComparison;
  /** Mean rank-biased overlap of the lists, patience 0.9; null where one of the reports keeps none. */
  readonly overlap: number | null;
  /** Where b gains most over a, greatest first, and where it loses most. */
  readonly gains: readonly ComparedQuestion[];
  readonly losses: readonly ComparedQuestion[];
  readonly notes: readonly string[];
}

/** Compares two runs question by question. `bad-data` names the first question that the reports do not share. */
export async function compareRuns(a: RunPlace, b: RunPlace, options: CompareRunsOptions): Promise<RunComparison> {
  const { metric, show, level, random } = options;
  checkSame(a.report, b.report);
  const values = [a, b].map((place) => valuesOf(place, metric)) as [Float64Array, Float64Array];
  const [own, other] = await Promise.all([a.report.lists(a.label), b.report.lists(b.label)]);
  const { users } = a.report;
  const paired = comparePaired(values[1], values[0], { random: random.fork("signs"), level, clusters: users });
  const change = values[1].map((value, query) => value - values[0][query]!);
  const order = Int32Array.from(change.keys())
    .filter((query) => change[query]! !== 0 && !Number.isNaN(change[query]!))
    .sort((p, q) => change[q]! - change[p]! || p - q);
  const shown = (query: number): ComparedQuestion => ({
    query,
    user: users[query] === NONE ? null : a.report.userIds[users[query]!]!,
    now: a.report.now[query]!,
    answers: answersOf(a.report, query),
    values: [values[0][query]!, values[1][query]!],
    lists: [own?.[query]?.slice(0, options.listLength), other?.[query]?.slice(0, options.listLength)],
  });
  const units = new Set(users).size;
  return {
    labels: namesOf(a, b),
    metric,
    level,
    questions: users.length,
    users: units,
    paired,
    overlap: own === undefined || other === undefined ? null : overlapOf(own, other),
    gains: Array.from(order.filter((query) => change[query]! > 0).subarray(0, show), shown),
    losses: Array.from(
      order
        .filter((query) => change[query]! < 0)
        .reverse()
        .subarray(0, show),
      shown,
    ),
    notes: [
      ...(units < FEW_UNITS
        ? [`FEW USERS: ${units} only; below ${FEW_UNITS} neither interval nor test can be relied on.`]
        : []),
      ...(own === undefined || other === undefined
        ? ["No lists beside each other: --keep-lists keeps them in a report."]
        : []),
      "These questions were picked for their differences: they show what happens, the means above say how often.",
    ],
  };
}

function namesOf(a: RunPlace, b: RunPlace): [string, string] {
  if (a.label !== b.label) return [a.label, b.label];
  return [`${a.label} (${a.report.folder})`, `${b.label} (${b.report.folder})`];
}

function valuesOf({ report, label }: RunPlace, metric: string): Float64Array {
  const expect = (what: string, known: readonly string[], got: string): void => {
    if (known.includes(got)) return;
    throw new PlatformError(
      "bad-config",
      `${report.folder}: expected ${what} among ${known.join(", ")}, got "${got}".`,
    );
  };
  expect("a model", report.labels, label);
  expect("a metric", report.metrics, metric);
  return report.values(label, metric);
}

/** Both reports must ask the same: users, instants and right answers, question by question. */
function checkSame(a: KeptReport, b: KeptReport): void {
  if (a === b) return;
  const fail = (what: string): PlatformError =>
    new PlatformError("bad-data", `${a.folder} and ${b.folder} do not ask the same questions: ${what}.`);
  if (a.users.length !== b.users.length) throw fail(`${a.users.length} and ${b.users.length} of them`);
  const textOf = (report: KeptReport, query: number): string =>
    JSON.stringify([
      report.userIds[report.users[query]!] ?? null,
      report.now[query],
      [...answersOf(report, query)].sort(),
    ]);
  for (let query = 0; query < a.users.length; query++) {
    if (textOf(a, query) !== textOf(b, query)) throw fail(`question ${query} is of another user, instant or answer`);
  }
}

/** Mean over the questions for which at least one run has a list. */
function overlapOf(a: readonly (readonly string[])[], b: readonly (readonly string[])[]): number {
  const number = new Map<string, number>();
  const numbered = (list: readonly string[]): number[] =>
    list.map((id) => {
      if (!number.has(id)) number.set(id, number.size);
      return number.get(id)!;
    });
  const overlaps = a
    .map((list, query) => rankBiasedOverlap(numbered(list), numbered(b[query]!)))
    .filter((overlap) => !Number.isNaN(overlap));
  return overlaps.reduce((sum, overlap) => sum + overlap, 0) / overlaps.length;
}
