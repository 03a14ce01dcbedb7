import * as Plot from "@observablehq/plot";
import { brief, plotSvg, type Html } from "@sequitur/workbench";
import type { Curve, Report } from "../../report.js";
import { metricTitle } from "../metric-words.js";
import { seriesOf } from "./series.js";

/** One named number that a fit reported while it ran, a line a run. */
export interface TrainingSeries {
  readonly model: string;
  readonly value: string;
  readonly unit: string;
  readonly runs: readonly { readonly seed: string; readonly points: readonly (readonly [number, number])[] }[];
}

/** Every curve worth drawing: two points or more; quality on validation over time, the others over steps. */
export function trainingSeries(report: Report): TrainingSeries[] {
  return report.models.flatMap((model) => {
    const found = new Map<string, { unit: string; runs: { seed: string; points: (readonly [number, number])[] }[] }>();
    for (const run of model.runs) {
      for (const curve of run.curves) {
        for (const value of namesOf(curve)) {
          const overTime = value === "validation";
          const points = curve.points.flatMap(({ step, wallMs, values }) =>
            values[value] === undefined ? [] : [[overTime ? wallMs / 1000 : step, values[value]] as const],
          );
          if (points.length < 2) continue;
          const entry = found.get(value) ?? { unit: overTime ? "seconds since the fit began" : curve.unit, runs: [] };
          entry.runs.push({ seed: String(run.seed), points });
          found.set(value, entry);
        }
      }
    }
    return [...found].map(([value, entry]) => ({ model: model.label, value, ...entry }));
  });
}

/** One curve of one model over its steps. */
export function trainingChart(report: Report, training: TrainingSeries): Html {
  const series = seriesOf(report).find(({ label }) => label === training.model);
  const points = training.runs.flatMap(({ seed, points }) => points.map(([step, value]) => ({ seed, step, value })));
  const title = metricTitle(training.value);
  const first = points[0]!;
  const last = points.at(-1)!;
  return plotSvg(
    {
      label: `${title} of ${training.model} while it was fitted`,
      description: `From ${brief(first.value)} at ${first.step} to ${brief(last.value)} at ${last.step} ${training.unit}.`,
    },
    {
      height: 200,
      marginLeft: 48,
      marginRight: 14,
      marginTop: 22,
      marginBottom: 36,
      x: { label: training.unit, labelArrow: "none", labelAnchor: "center", ticks: 5 },
      y: { label: title, labelArrow: "none", ticks: 5, grid: true, nice: true },
      marks: [
        Plot.line(points, {
          x: "step",
          y: "value",
          z: "seed",
          stroke: series?.color ?? "currentColor",
          strokeWidth: 2,
        }),
        Plot.dot(points.length > 60 ? [] : points, {
          x: "step",
          y: "value",
          fill: series?.color ?? "currentColor",
          r: 2.5,
        }),
      ],
    },
  );
}

function namesOf(curve: Curve): string[] {
  return [...new Set(curve.points.flatMap((point) => Object.keys(point.values)))];
}
