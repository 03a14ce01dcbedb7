import * as Plot from "@observablehq/plot";
import { fixed, labelRoom, plotSvg, shortLabel, symbolScale, type Html } from "@sequitur/workbench";
import type { Report } from "../../report.js";
import { metricTitle } from "../metric-words.js";
import { seriesOf } from "./series.js";

const ROW_PX = 22;

/** One metric: a dot and its interval for each model, best on top. */
export function intervalChart(report: Report, key: string, decimals: number): Html {
  const series = seriesOf(report);
  const points = series.flatMap(({ label, color }) => {
    const value = report.models.find((model) => model.label === label)?.metrics[key];
    return value === undefined ? [] : [{ label, color, mean: value.mean, low: value.low, high: value.high }];
  });
  const title = metricTitle(key);
  const told = points.map(({ label, mean, low, high }) => {
    return `${label} ${fixed(mean, decimals)} (${fixed(low, decimals)} to ${fixed(high, decimals)})`;
  });
  return plotSvg(
    { label: `${title} of each model with its interval`, description: `${told.join("; ")}.` },
    {
      height: 44 + ROW_PX * points.length,
      marginLeft: labelRoom(points.map(({ label }) => shortLabel(label))),
      marginRight: 14,
      marginTop: 8,
      marginBottom: 36,
      x: { label: title, labelArrow: "none", labelAnchor: "center", ticks: 4, grid: true, nice: true },
      y: {
        label: null,
        domain: points.map(({ label }) => label),
        tickFormat: (label: string) => shortLabel(label),
        tickSize: 0,
      },
      symbol: symbolScale(series),
      marks: [
        Plot.ruleY(points, { y: "label", x1: "low", x2: "high", stroke: "color", strokeWidth: 2 }),
        Plot.dot(points, { y: "label", x: "mean", symbol: "label", fill: "color", r: 4.5 }),
      ],
    },
  );
}
