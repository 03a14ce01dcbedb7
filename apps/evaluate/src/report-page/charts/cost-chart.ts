import { maxOf, minOf } from "@sequitur/core";
import * as Plot from "@observablehq/plot";
import { brief, plotSvg, seconds, symbolScale, type Html } from "@sequitur/workbench";
import type { Report } from "../../report.js";
import { meanOverRuns } from "../leaderboard-view.js";
import { metricTitle } from "../metric-words.js";
import { seriesOf } from "./series.js";

/** The clock is not finer than this, and a logarithm needs a floor. */
const FLOOR_SECONDS = 0.001;

/** Quality against the time to fit, one mark a competitor. */
export function costChart(report: Report): Html {
  const series = seriesOf(report);
  const points = series.flatMap(({ label, color }) => {
    const model = report.models.find((candidate) => candidate.label === label);
    const value = model?.metrics[report.mainMetric];
    if (model === undefined || value === undefined || model.role === "ceiling") return [];
    const fitSeconds = meanOverRuns(model, (run) => run.timings.fitSeconds);
    return [{ label, color, mean: value.mean, fitSeconds: Math.max(FLOOR_SECONDS, fitSeconds) }];
  });
  const decades = powersOfTen(points.map(({ fitSeconds }) => fitSeconds));
  const told = points.map(({ label, mean, fitSeconds }) => `${label} ${brief(mean)} in ${seconds(fitSeconds)}`);
  return plotSvg(
    { label: `${metricTitle(report.mainMetric)} against the time to fit`, description: `${told.join("; ")}.` },
    {
      height: 250,
      marginLeft: 48,
      marginRight: 20,
      marginTop: 22,
      marginBottom: 36,
      x: {
        label: "time to fit (logarithmic)",
        labelArrow: "none",
        labelAnchor: "center",
        type: "log",
        domain: [decades[0], decades.at(-1)],
        ticks: decades,
        tickFormat: (value: number) => seconds(value),
      },
      y: { label: metricTitle(report.mainMetric), labelArrow: "none", ticks: 5, grid: true, nice: true },
      symbol: symbolScale(series),
      marks: [Plot.dot(points, { x: "fitSeconds", y: "mean", symbol: "label", fill: "color", r: 5 })],
    },
  );
}

/** Powers of ten around the values, two at least. */
function powersOfTen(values: readonly number[]): number[] {
  const from = Math.floor(Math.log10(minOf(values)));
  const to = Math.max(from + 1, Math.ceil(Math.log10(maxOf(values))));
  return Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i));
}
