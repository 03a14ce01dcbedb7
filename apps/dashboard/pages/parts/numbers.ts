const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** 12,345. */
export function count(value: number): string {
  return WHOLE.format(value);
}

/** Three significant digits: 0.0123, 1.23, 123, 12,345. */
export function decimal(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (Math.abs(value) >= 1000) return WHOLE.format(value);
  return new Intl.NumberFormat("en", { maximumSignificantDigits: 3 }).format(value);
}

/** A share as percent: 0.123 -> "12.3 %". */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return "–";
  const digits = share !== 0 && Math.abs(share) < 0.01 ? 2 : 1;
  return `${new Intl.NumberFormat("en", { maximumFractionDigits: digits }).format(share * 100)} %`;
}

/** 0.0042 s as "4.2 ms", 75 s as "1 min 15 s". */
export function seconds(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (value < 1) return `${decimal(value * 1000)} ms`;
  if (value < 60) return `${decimal(value)} s`;
  const whole = Math.round(value);
  return whole < 3600
    ? `${Math.floor(whole / 60)} min ${whole % 60} s`
    : `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** 7,340,032 as "7.34 MB". */
export function bytes(value: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, value)) / 3));
  return `${decimal(value / 1000 ** step)} ${units[step]}`;
}

/** "just now", "5 minutes ago", "in 2 days". */
export function ago(instant: string | number, now = Date.now()): string {
  const ms = now - (typeof instant === "number" ? instant : Date.parse(instant));
  const size = Math.abs(ms);
  if (size < MINUTE) return "just now";
  const [unitMs, unit] = size < HOUR ? [MINUTE, "minute"] : size < DAY ? [HOUR, "hour"] : [DAY, "day"];
  const words = counted(Math.floor(size / unitMs), unit);
  return ms < 0 ? `in ${words}` : `${words} ago`;
}

/** "1 May 2026, 12:00" on this browser's clock. */
export function moment(instant: string | number): string {
  return new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" }).format(new Date(instant));
}

/** "1 item", "2 items". */
export function counted(number: number, word: string): string {
  return `${count(number)} ${word}${number === 1 ? "" : "s"}`;
}
