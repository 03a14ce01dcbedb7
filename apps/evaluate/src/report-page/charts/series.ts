import type { Report } from "../../report.js";

/** How a model is drawn in every chart: a colour and a shape, so that colour alone never carries the meaning. */
export interface Series {
  readonly label: string;
  /** CSS colour that follows the light or dark scheme. */
  readonly color: string;
  /** Name of a d3 symbol. */
  readonly symbol: string;
}

const COLORS = 8;
/** Coprime with the colours: 56 models stay distinct. */
const SYMBOLS = ["circle", "square", "triangle", "diamond", "cross", "star", "wye"] as const;

/** Every model that has results, in the order of the leaderboard; ceilings in the colour of the text. */
export function seriesOf(report: Report): Series[] {
  let next = 0;
  return report.models
    .filter((model) => model.error === null)
    .map((model) => {
      if (model.role === "ceiling") return { label: model.label, color: "var(--ceiling)", symbol: "diamond" };
      const i = next++;
      return { label: model.label, color: `var(--c${i % COLORS})`, symbol: SYMBOLS[i % SYMBOLS.length]! };
    });
}

/** Plot's symbol scale over the series. */
export function symbolScale(series: readonly Series[]): { domain: string[]; range: string[] } {
  return { domain: series.map(({ label }) => label), range: series.map(({ symbol }) => symbol) };
}

/** Keeps an axis label within its room. */
export function shortLabel(label: string, limit = 22): string {
  return label.length <= limit ? label : `${label.slice(0, limit - 1)}…`;
}

/** Room in px for labels of 11 px text to the left of a chart. */
export function labelRoom(labels: readonly string[]): number {
  return Math.min(150, 14 + 6.2 * Math.max(0, ...labels.map((label) => label.length)));
}
