import * as Plot from "@observablehq/plot";
import { brief, plotSvg, symbolScale, type Html } from "@sequitur/workbench";
import type { Report } from "../../report.js";
import { repeats } from "../leaderboard-view.js";
import { metricParts, metricTitle, metricWords } from "../metric-words.js";
import { seriesOf } from "./series.js";

/** Names of metrics that the report has at two cut-offs or more, without those that only repeat an earlier one. */
export function metricsByCutoff(report: Report): string[] {
  const cutoffs = new Map<string, Set<number>>();
  for (const key of report.models.flatMap((model) => Object.keys(model.metrics))) {
    const { name, cutoff } = metricParts(key);
    if (cutoff !== null && !repeats(report, key)) cutoffs.set(name, (cutoffs.get(name) ?? new Set()).add(cutoff));
  }
  return [...cutoffs].filter(([, ks]) => ks.size > 1).map(([name]) => name);
}

/** One metric as the list grows: a line with marks for each model. */
export function cutoffChart(report: Report, name: string): Html {
  const series = seriesOf(report);
  const points = series.flatMap(({ label, color }) => {
    const metrics = report.models.find((model) => model.label === label)?.metrics ?? {};
    return Object.entries(metrics)
      .map(([key, value]) => ({ ...metricParts(key), mean: value.mean }))
      .filter((part) => part.name === name && part.cutoff !== null)
      .map(({ cutoff, mean }) => ({ label, color, cutoff, mean }));
  });
  const cutoffs = [...new Set(points.map(({ cutoff }) => cutoff!))].sort((a, b) => a - b);
  const title = metricWords(name)?.title ?? name;
  const told = series.map(({ label }) => {
    const own = points.filter((point) => point.label === label);
    return `${label} ${own.map(({ cutoff, mean }) => `${brief(mean)} at ${cutoff}`).join(", ")}`;
  });
  return plotSvg(
    { label: `${title} by the length of the list, K = ${cutoffs.join(", ")}`, description: `${told.join("; ")}.` },
    {
      height: 250,
      marginLeft: 44,
      marginRight: 14,
      marginTop: 22,
      marginBottom: 36,
      x: {
        label: "K, items in the list",
        labelArrow: "none",
        labelAnchor: "center",
        type: "log",
        ticks: cutoffs,
        tickFormat: (k: number) => String(k),
      },
      y: { label: metricTitle(name), labelArrow: "none", ticks: 5, grid: true, zero: true },
      symbol: symbolScale(series),
      marks: [
        Plot.line(points, { x: "cutoff", y: "mean", z: "label", stroke: "color", strokeWidth: 1.5 }),
        Plot.dot(points, { x: "cutoff", y: "mean", symbol: "label", fill: "color", r: 4 }),
      ],
    },
  );
}
