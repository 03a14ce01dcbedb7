import { maxOf } from "@sequitur/core";
/** How a model or an arm is drawn in every chart: a colour and a shape, so that colour alone never carries the meaning. */
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

/** The i-th series. */
export function seriesAt(label: string, i: number): Series {
  return { label, color: `var(--c${i % COLORS})`, symbol: SYMBOLS[i % SYMBOLS.length]! };
}

/** What bounds the others from above, in the colour of the text. */
export function ceilingSeries(label: string): Series {
  return { label, color: "var(--ceiling)", symbol: "diamond" };
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
  return Math.min(150, 14 + 6.2 * maxOf([0, ...labels.map((label) => label.length)]));
}
