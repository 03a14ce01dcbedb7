import { maxOf } from "@sequitur/core";
import type { Report } from "@sequitur/evaluate";

const LONGEST = 40;

/** A bar for each model that was measured, its length the model's share of what the ceiling reaches; one line each. */
export function ceilingBars({ models, mainMetric }: Report, serving: string): string[] {
  const measured = models.filter(({ error, metrics }) => error === null && metrics[mainMetric] !== undefined);
  const valueOf = (at: number): number => measured[at]!.metrics[mainMetric]!.mean;
  const ceiling = measured.findIndex(({ role }) => role === "ceiling");
  const full = ceiling >= 0 ? valueOf(ceiling) : maxOf(measured.map((_, at) => valueOf(at)));
  const width = maxOf(measured.map(({ label }) => label.length));
  return measured.map(({ label, role }, at) => {
    const share = full > 0 ? Math.min(1, valueOf(at) / full) : 0;
    const bar = "█".repeat(Math.round(share * LONGEST)).padEnd(LONGEST, "░");
    const note = role === "ceiling" ? "  the ceiling" : label === serving ? "  answers now" : "";
    return `${label.padEnd(width)}  ${bar}  ${(share * 100).toFixed(0).padStart(3)} %${note}`;
  });
}
