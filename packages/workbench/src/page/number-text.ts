import { minOf, maxOf } from "@sequitur/core";
/** A mean with its interval. */
export interface Measure {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** Decimals when no interval says better. */
const PLAIN_DECIMALS = 4;
const MAX_DECIMALS = 5;

const counts = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** Half the width of the interval, on its longer side. */
export function halfWidth(measure: Measure): number {
  return Math.max(measure.high - measure.mean, measure.mean - measure.low);
}

/** Decimals that show two digits of the narrowest interval, so that no digit shown is mere noise. */
export function decimalsFor(measures: readonly Measure[]): number {
  const halves = measures.map(halfWidth).filter((half) => half > 0 && Number.isFinite(half));
  if (halves.length === 0) return PLAIN_DECIMALS;
  const decimals = 1 - Math.floor(Math.log10(minOf(halves)));
  return Math.min(MAX_DECIMALS, Math.max(0, decimals));
}

/** Decimals that show three digits of the largest value, for numbers without intervals. */
export function decimalsOfSize(values: readonly number[]): number {
  const largest = maxOf([0, ...values.filter(Number.isFinite).map(Math.abs)]);
  if (largest === 0) return 0;
  return Math.min(MAX_DECIMALS, Math.max(0, 2 - Math.floor(Math.log10(largest))));
}

/** A number with fixed decimals; a real minus sign; an en dash for what is not a number. */
export function fixed(value: number, decimals: number): string {
  if (!Number.isFinite(value)) return "–";
  const text = Math.abs(value).toFixed(decimals);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
}

/** With a sign always, for differences. */
export function signed(value: number, decimals: number): string {
  const text = fixed(value, decimals);
  return value > 0 && Number(text) !== 0 ? `+${text}` : text;
}

/** `12,345`. */
export function count(value: number): string {
  return Number.isFinite(value) ? counts.format(value) : "–";
}

/** Three digits that matter: `0.0123`, `4.56`, `1,234`. */
export function brief(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size >= 1000) return count(value);
  if (size !== 0 && size < 0.0001) return value.toExponential(1).replaceAll("-", "−");
  const text = Number(value.toPrecision(3)).toString();
  return text.replace("-", "−");
}

/** `0.03 s`, `4.2 s`, `75 s`, `12 min`, `3.4 h`. */
export function seconds(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (value < 0.1) return `${value.toFixed(2)} s`;
  if (value < 10) return `${value.toFixed(1)} s`;
  if (value < 120) return `${value.toFixed(0)} s`;
  if (value < 7200) return `${(value / 60).toFixed(0)} min`;
  return `${(value / 3600).toFixed(1)} h`;
}

/** `85 MB`, `1.2 GB`. */
export function bytes(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (value >= 1e9) return `${(value / 1e9).toFixed(1)} GB`;
  return `${(value / 1e6).toFixed(0)} MB`;
}

/** `p < 0.001`, `p = 0.012`. */
export function pValue(p: number): string {
  if (!Number.isFinite(p)) return "p unknown";
  return p < 0.001 ? "p < 0.001" : `p = ${p.toFixed(3)}`;
}

/** `8.0%`, always with one decimal, for columns. */
export function columnPercent(share: number): string {
  return `${fixed(share * 100, 1)}%`;
}

/** `95%`. */
export function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))}%`;
}
