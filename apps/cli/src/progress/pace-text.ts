import { oneLine } from "../failure.js";
import type { Pace } from "./pace.js";

const counts = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const BAR_WIDTH = 20;

/** `fit ease: 1,200 of 5,000 queries (24%), 812 queries/s, 5 s left, loss 0.31`. */
export function paceLine(pace: Pace): string {
  const parts = [`${oneLine(pace.task)}: ${amount(pace)}`];
  if (pace.finished) parts.push(`done in ${duration(pace.elapsedMs)}`);
  if (Number.isFinite(pace.rate)) parts.push(rateText(pace.rate, ` ${pace.unit}`));
  if (!pace.finished && Number.isFinite(pace.leftMs)) parts.push(`${duration(pace.leftMs)} left`);
  return [...parts, ...valueTexts(pace)].join(", ");
}

/** `fit ease ████░░░░ 24%  1,200/5,000 queries  812/s  5 s left`, cut to the width. */
export function paceBar(pace: Pace, width: number): string {
  const parts = [oneLine(pace.task)];
  if (Number.isFinite(pace.total)) {
    const share = pace.total > 0 ? Math.min(1, pace.done / pace.total) : 1;
    const full = Math.round(share * BAR_WIDTH);
    parts.push(`${"█".repeat(full)}${"░".repeat(BAR_WIDTH - full)} ${Math.floor(share * 100)}%`);
    parts.push(`${counts.format(pace.done)}/${counts.format(pace.total)} ${pace.unit}`);
  } else {
    parts.push(`${counts.format(pace.done)} ${pace.unit}`);
  }
  if (Number.isFinite(pace.rate)) parts.push(rateText(pace.rate, ""));
  if (Number.isFinite(pace.leftMs)) parts.push(`${duration(pace.leftMs)} left`);
  return [...parts, ...valueTexts(pace)].join("  ").slice(0, Math.max(0, width - 1));
}

/** `0.4 s`, `12 s`, `3 min 05 s`, `2 h 10 min`. */
export function duration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${String(whole % 60).padStart(2, "0")} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

function amount(pace: Pace): string {
  if (!Number.isFinite(pace.total)) return `${counts.format(pace.done)} ${pace.unit}`;
  const percent = pace.total > 0 ? Math.floor((pace.done / pace.total) * 100) : 100;
  return `${counts.format(pace.done)} of ${counts.format(pace.total)} ${pace.unit} (${percent}%)`;
}

/** `812 queries/s`; for what takes seconds a piece, `32 s each`. */
function rateText(rate: number, unit: string): string {
  if (rate < 0.5) return `${duration(1000 / rate)} each`;
  return `${rate >= 100 ? counts.format(rate) : rate.toPrecision(2)}${unit}/s`;
}

function valueTexts(pace: Pace): string[] {
  return Object.entries(pace.values).map(([name, value]) => `${name} ${value.toPrecision(4)}`);
}
