import * as Plot from "@observablehq/plot";
import {
  ceilingSeries,
  fixed,
  labelRoom,
  plotSvg,
  seriesAt,
  shortLabel,
  signed,
  type Html,
  type Series,
} from "@sequitur/workbench";
import type { ArmReport, DayCurve, Report, WorldMean } from "../report.js";

/** How each arm that has results is drawn; the oracle in the colour of the text. */
export function seriesOf(report: Report): Series[] {
  let next = 0;
  return report.arms
    .filter(({ error }) => error === null)
    .map(({ label, verdict }) => (verdict === "ceiling" ? ceilingSeries(label) : seriesAt(label, next++)));
}

function colorOf(report: Report, label: string): string {
  return seriesOf(report).find((series) => series.label === label)?.color ?? "currentColor";
}

const BOX = { marginLeft: 52, marginRight: 14, marginTop: 22, marginBottom: 36 };

/** One curve an arm over the days since the warm-up, with the band of the interval over worlds. */
export function curveChart(report: Report, title: string, curveOf: (arm: ArmReport) => DayCurve | null): Html {
  const points = report.arms.flatMap((arm) => {
    const curve = curveOf(arm);
    if (curve === null) return [];
    const color = colorOf(report, arm.label);
    return curve.mean.map((mean, day) => ({
      arm: arm.label,
      color,
      day: day + 1,
      mean,
      low: curve.low[day] ?? mean,
      high: curve.high[day] ?? mean,
    }));
  });
  const last = points.filter(({ day }) => day === report.config.days);
  return plotSvg(
    {
      label: `${title} of each arm by day`,
      description: `On the last day: ${last.map(({ arm, mean }) => `${arm} ${fixed(mean, 3)}`).join("; ")}.`,
    },
    {
      height: 240,
      ...BOX,
      x: { label: "day since the warm-up", labelArrow: "none", labelAnchor: "center", ticks: 6 },
      y: { label: title, labelArrow: "none", grid: true, ticks: 5, nice: true },
      marks: [
        Plot.areaY(points, { x: "day", y1: "low", y2: "high", z: "arm", fill: "color", fillOpacity: 0.14 }),
        Plot.lineY(points, { x: "day", y: "mean", z: "arm", stroke: "color", strokeWidth: 2 }),
        Plot.dot(last, { x: "day", y: "mean", symbol: "arm", fill: "color", r: 4 }),
      ],
      symbol: symbols(report),
    },
  );
}

function symbols(report: Report): { domain: string[]; range: string[] } {
  const series = seriesOf(report);
  return { domain: series.map(({ label }) => label), range: series.map(({ symbol }) => symbol) };
}

interface Row {
  readonly name: string;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** Differences with their intervals around a line at 0. */
function forest(words: { title: string; label: string }, rows: readonly Row[], color: string): Html {
  const told = rows.map(
    ({ name, mean, low, high }) => `${name} ${signed(mean, 4)} (${signed(low, 4)} to ${signed(high, 4)})`,
  );
  return plotSvg(
    { label: words.label, description: `${told.join("; ")}.` },
    {
      height: 50 + 24 * rows.length,
      marginLeft: labelRoom(rows.map(({ name }) => shortLabel(name))),
      marginRight: 14,
      marginTop: 8,
      marginBottom: 36,
      x: { label: words.title, labelArrow: "none", labelAnchor: "center", ticks: 4, grid: true, nice: true },
      y: {
        label: null,
        domain: rows.map(({ name }) => name),
        tickFormat: (name: string) => shortLabel(name),
        tickSize: 0,
      },
      marks: [
        Plot.ruleX([0], { stroke: "currentColor", strokeOpacity: 0.5 }),
        Plot.ruleY(rows, { y: "name", x1: "low", x2: "high", stroke: color, strokeWidth: 2 }),
        Plot.dot(rows, { y: "name", x: "mean", fill: color, r: 4.5 }),
      ],
    },
  );
}

/** Each arm against control by one measure; arms without an interval are left out. */
export function versusChart(
  report: Report,
  title: string,
  of: (arm: ArmReport) => WorldMean | null | undefined,
): Html | null {
  const rows = report.arms.flatMap((arm): Row[] => {
    const value = of(arm);
    if (!value || value.low === null || value.high === null) return [];
    return [{ name: arm.label, mean: value.mean, low: value.low, high: value.high }];
  });
  if (rows.length === 0) return null;
  const label = `${title}: difference of each arm to ${report.control} with its interval`;
  return forest({ title, label }, rows, "var(--c0)");
}

/** The effect of an arm in each segment, the A/B test's own users. */
export function segmentChart(report: Report, arm: ArmReport): Html {
  const rows = (arm.reading?.segments ?? []).map(({ name, difference, low, high }) => ({
    name,
    mean: difference,
    low,
    high,
  }));
  const label = `Effect of ${arm.label} on the click rate by segment`;
  return forest({ title: `difference to ${report.control}`, label }, rows, colorOf(report, arm.label));
}

/** How the always-valid interval of an arm narrows day by day. */
export function pathChart(report: Report, arm: ArmReport): Html {
  const path = arm.reading?.path ?? [];
  const color = colorOf(report, arm.label);
  const stop = arm.reading?.stoppedOn ?? null;
  const last = path.at(-1);
  const end =
    last === undefined ? "No look was possible" : `${signed(last.low, 4)} to ${signed(last.high, 4)} on the last day`;
  const decided = stop === null ? "it never excludes 0" : `it first excludes 0 on day ${stop}`;
  // The first looks are too wide to draw: nothing could be read from the rest.
  const reach = 4 * Math.max(1e-9, (path.at(-1)?.high ?? 0) - (path.at(-1)?.low ?? 0));
  const drawn = path.map((look) => ({ ...look, low: Math.max(look.low, -reach), high: Math.min(look.high, reach) }));
  return plotSvg(
    { label: `Always-valid interval of ${arm.label} by day`, description: `${end}; ${decided}.` },
    {
      height: 220,
      ...BOX,
      x: {
        label: "day since the warm-up",
        labelArrow: "none",
        labelAnchor: "center",
        ticks: 6,
        domain: [1, report.config.days],
      },
      y: { label: "difference in clicks per slate", labelArrow: "none", grid: true, ticks: 5 },
      marks: [
        Plot.ruleY([0], { stroke: "currentColor", strokeOpacity: 0.6 }),
        Plot.areaY(drawn, { x: "day", y1: "low", y2: "high", fill: color, fillOpacity: 0.18 }),
        Plot.lineY(drawn, { x: "day", y: "difference", stroke: color, strokeWidth: 2 }),
        Plot.ruleX(stop === null ? [] : [stop], { stroke: color, strokeDasharray: "4 3" }),
      ],
    },
  );
}

/** How likely the shown items were: positions by propensity, halving from right to left. */
export function propensityChart(report: Report, arm: ArmReport): Html {
  const histogram = arm.log?.histogram ?? [];
  const total = histogram.reduce((sum, count) => sum + count, 0);
  const bars = histogram.map((count, bin) => ({
    power: bin - histogram.length + 1,
    share: count / Math.max(1, total),
  }));
  const first = bars.findIndex(({ share }) => share > 0);
  const drawn = bars.slice(Math.max(0, Math.min(first, bars.length - 12)));
  return plotSvg(
    {
      label: `Propensities of ${arm.label}`,
      description: drawn
        .filter(({ share }) => share > 0)
        .map(({ power, share }) => `${fixed(100 * share, 1)} % between ${2 ** (power - 1)} and ${2 ** power}`)
        .join("; "),
    },
    {
      height: 180,
      ...BOX,
      x: {
        type: "band",
        label: "propensity, up to",
        labelArrow: "none",
        labelAnchor: "center",
        tickFormat: (power: number) => (power === 0 ? "1" : `1/${2 ** -power}`),
        ticks: drawn.map(({ power }) => power).filter((power) => power % 3 === 0),
      },
      y: { label: "share of positions", labelArrow: "none", grid: true, ticks: 4 },
      marks: [Plot.barY(drawn, { x: "power", y: "share", fill: colorOf(report, arm.label) }), Plot.ruleY([0])],
    },
  );
}
