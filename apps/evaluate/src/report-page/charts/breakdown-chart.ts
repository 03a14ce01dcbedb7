import * as Plot from "@observablehq/plot";
import { brief, count, labelRoom, plotSvg, shortLabel, symbolScale, type Html } from "@sequitur/workbench";
import type { Report } from "../../report.js";
import { metricTitle } from "../metric-words.js";
import { seriesOf } from "./series.js";

const MARK_PX = 9;
const GROUP_GAP_PX = 18;
/** More groups than this are left to the table. */
export const MAX_GROUPS_DRAWN = 8;

interface Point {
  readonly group: string;
  readonly label: string;
  readonly color: string;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** Groups of a breakdown with their numbers of queries, in the report's order; over all models. */
export function groupsOf(report: Report, by: string): ReadonlyMap<string, number> {
  const groups = new Map<string, number>();
  for (const model of report.models) {
    for (const group of model.breakdowns.find((breakdown) => breakdown.by === by)?.groups ?? []) {
      groups.set(group.name, Math.max(group.queries, groups.get(group.name) ?? 0));
    }
  }
  return groups;
}

/** The groups that the chart shows: all of a few, else those with the most queries. */
export function groupsDrawn(report: Report, by: string): string[] {
  const groups = [...groupsOf(report, by)];
  if (groups.length <= MAX_GROUPS_DRAWN) return groups.map(([name]) => name);
  const kept = new Set(groups.toSorted((a, b) => b[1] - a[1]).slice(0, MAX_GROUPS_DRAWN));
  return groups.filter((group) => kept.has(group)).map(([name]) => name);
}

/** One metric by group of queries: within each group a mark and an interval for each model. */
export function breakdownChart(report: Report, by: string, key: string): Html {
  const series = seriesOf(report);
  const drawn = groupsDrawn(report, by);
  const queries = groupsOf(report, by);
  const points = drawn.flatMap((group) => pointsOf(report, by, group, key));
  const axisText = (group: string): string => `${shortLabel(group)}\n${count(queries.get(group) ?? 0)} queries`;
  const told = drawn.map((group) => {
    const own = points.filter((point) => point.group === group);
    return `${group}: ${own.map(({ label, mean }) => `${label} ${brief(mean)}`).join(", ")}`;
  });
  return plotSvg(
    { label: `${metricTitle(key)} by ${by}`, description: `${told.join("; ")}.` },
    {
      height: 52 + drawn.length * (series.length * MARK_PX + GROUP_GAP_PX),
      marginLeft: labelRoom(drawn.flatMap((group) => axisText(group).split("\n"))),
      marginRight: 14,
      marginTop: 10,
      marginBottom: 36,
      x: {
        label: metricTitle(key),
        labelArrow: "none",
        labelAnchor: "center",
        ticks: 4,
        grid: true,
        nice: true,
        zero: true,
      },
      y: { axis: null, domain: series.map(({ label }) => label) },
      fy: { label: null, domain: drawn, padding: 0.12 },
      symbol: symbolScale(series),
      marks: [
        Plot.axisFy({ anchor: "left", label: null, tickFormat: axisText, lineHeight: 1.2 }),
        Plot.frame({ fill: "var(--band)", stroke: "none" }),
        Plot.ruleY(points, { fy: "group", y: "label", x1: "low", x2: "high", stroke: "color", strokeWidth: 1.5 }),
        Plot.dot(points, { fy: "group", y: "label", x: "mean", symbol: "label", fill: "color", r: 3.5 }),
      ],
    },
  );
}

function pointsOf(report: Report, by: string, group: string, key: string): Point[] {
  return seriesOf(report).flatMap(({ label, color }) => {
    const breakdown = report.models
      .find((model) => model.label === label)
      ?.breakdowns.find((candidate) => candidate.by === by);
    const value = breakdown?.groups.find(({ name }) => name === group)?.metrics[key];
    return value === undefined ? [] : [{ group, label, color, mean: value.mean, low: value.low, high: value.high }];
  });
}
