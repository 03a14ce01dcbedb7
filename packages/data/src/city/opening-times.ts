import { PlatformError } from "@sequitur/core";
import { SLOTS_PER_DAY, SLOTS_PER_WEEK, SLOTS_PER_YEAR } from "./local-clock.js";

const DAYS = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const RULE = /^(?:([A-Z][a-z]{2}(?:[-,][A-Z][a-z]{2})*) )?(?:([A-Z][a-z](?:[-,][A-Z][a-z])*) )?(off|[\d:,-]+)$/;

/**
 * Which half hours are open: (12, 336) by local month and slot of the week, 1 = open. Reads the part of OSM
 * `opening_hours` that the city writes: `24/7`, or rules `[May-Sep,Dec] [Mo-Fr,Su] spans|off`, spans on half hours and
 * past midnight allowed. After "; " a rule replaces all of its days, also what the night before left open; after ", "
 * it adds to them. Hours past midnight are looked up in the month of the instant. Anything else is `bad-data`.
 */
export function openingTable(hours: string): Uint8Array {
  const table = new Uint8Array(SLOTS_PER_YEAR);
  if (hours === "24/7") return table.fill(1);
  let adds = false;
  for (const rule of hours.split(/(?<=[;,]) /)) {
    applyRule(table, rule.replace(/[;,]$/, ""), adds, hours);
    adds = rule.endsWith(",");
  }
  return table;
}

function applyRule(table: Uint8Array, rule: string, adds: boolean, hours: string): void {
  const match = RULE.exec(rule);
  if (match === null) throw new PlatformError("bad-data", `opening hours "${hours}": cannot read "${rule}".`);
  const months = match[1] === undefined ? MONTHS.map((_, m) => m) : named(match[1], MONTHS, hours);
  const days = match[2] === undefined ? DAYS.map((_, d) => d) : named(match[2], DAYS, hours);
  for (const month of months) {
    const week = table.subarray(month * SLOTS_PER_WEEK, (month + 1) * SLOTS_PER_WEEK);
    if (!adds) for (const day of days) week.fill(0, day * SLOTS_PER_DAY, (day + 1) * SLOTS_PER_DAY);
    for (const day of days) fillDay(week, day, match[3]!, hours);
  }
}

/** "Mo-We,Fr" or "May-Sep" as indices; ranges may wrap. */
function named(text: string, names: readonly string[], hours: string): number[] {
  const indices: number[] = [];
  for (const part of text.split(",")) {
    const [first, last = first] = part.split("-").map((name) => names.indexOf(name));
    if (first === undefined || last === undefined || first < 0 || last < 0) {
      throw new PlatformError("bad-data", `opening hours "${hours}": "${part}" is no range of ${names.join(", ")}.`);
    }
    for (let i = first; ; i = (i + 1) % names.length) {
      indices.push(i);
      if (i === last) break;
    }
  }
  return indices;
}

function fillDay(week: Uint8Array, day: number, spans: string, hours: string): void {
  if (spans === "off") return;
  for (const span of spans.split(",")) {
    const match = /^([0-2]\d):([03]0)-([0-4]\d):([03]0)$/.exec(span);
    if (match === null) {
      throw new PlatformError(
        "bad-data",
        `opening hours "${hours}": expected HH:MM-HH:MM on half hours, got "${span}".`,
      );
    }
    const from = Number(match[1]) * 2 + (match[2] === "30" ? 1 : 0);
    let to = Number(match[3]) * 2 + (match[4] === "30" ? 1 : 0);
    if (to <= from) to += SLOTS_PER_DAY;
    for (let slot = from; slot < to; slot++) week[(day * SLOTS_PER_DAY + slot) % SLOTS_PER_WEEK] = 1;
  }
}
