import { DEFAULT_SIGNALS } from "@sequitur/core";
import { isNamed, type ColumnRole } from "./column-role.js";
import type { ColumnSample } from "./sample-table.js";
import { guessTime, isClock, timeProblem } from "./time-guess.js";

/** A column of kinds has some that the table of signals knows; the others are positive like a plain event. */
const KNOWN_KINDS: ReadonlySet<string> = new Set(Object.keys(DEFAULT_SIGNALS.kinds));

/** A mapping as `--map` and its companions write it. */
export interface Proposal {
  /** In the order in which they are shown: user, item, time, ... */
  readonly pairs: readonly (readonly [role: string, column: string])[];
  readonly timeUnit?: string;
  readonly timeFormat?: string;
  readonly explode: readonly string[];
  /** Why a person must decide; empty when the mapping is plain from names and values. */
  readonly doubts: readonly string[];
}

/** Which columns are what, by their names first and their values second. */
export function proposeMapping(columns: readonly ColumnSample[]): Proposal {
  const doubts: string[] = [];
  const taken = new Set<string>();
  const pairs: [string, string][] = [];
  const take = (role: string, column: string): void => {
    pairs.push([role, column]);
    for (const name of column.split("+")) taken.add(name);
  };
  const time = timeOf(columns, doubts);
  for (const name of time.column.split("+")) taken.add(name);
  for (const role of ["user", "item"] as const) {
    const named = columns.filter(({ name }) => !taken.has(name) && isNamed(name, role));
    const found = named[0] ?? columns.find((column) => !taken.has(column.name) && mayBeId(column));
    if (named.length > 1) doubts.push(`${role}: ${named.map(({ name }) => name).join(" or ")}`);
    if (named.length === 0) doubts.push(`${role}: no column is named so, ${found?.name ?? "none"} is a guess`);
    if (found !== undefined) take(role, mapped(columns, found));
  }
  if (time.column === "") take("order", "rows");
  else take("time", time.column);
  for (const role of ["kind", "eventId", "weight", "session", "title", "category", "latitude", "longitude"] as const) {
    const found = columns.find(
      (column) => !taken.has(column.name) && isNamed(column.name, role) && fitsRole(column, role),
    );
    if (found !== undefined) take(role, mapped(columns, found));
  }
  const explode = pairs.flatMap(([, name]) => (columns.some((c) => c.name === name && c.isList) ? [name] : []));
  const kept = withPlacePairs(pairs);
  const { unit, format } = time;
  return { pairs: kept, ...(unit && { timeUnit: unit }), ...(format && { timeFormat: format }), explode, doubts };
}

/** The column as a mapping names it: by its place where its name has marks of the flag itself. */
function mapped(columns: readonly ColumnSample[], column: ColumnSample): string {
  return /[,=]/.test(column.name) || column.name === "" ? `#${columns.indexOf(column) + 1}` : column.name;
}

interface FoundTime {
  /** "" when no column reads as times. */
  readonly column: string;
  readonly unit?: string | undefined;
  readonly format?: string | undefined;
}

function timeOf(columns: readonly ColumnSample[], doubts: string[]): FoundTime {
  const calendar = ["year", "month", "day"].map((part) => columns.find(({ name }) => name.toLowerCase() === part));
  const readable = columns.flatMap((column) => {
    const guess = isIdName(column.name) ? undefined : guessTime(column);
    return guess === undefined ? [] : [{ column, guess }];
  });
  const named = readable.filter(({ column }) => isNamed(column.name, "time"));
  const found = named[0] ?? readable[0];
  if (found === undefined) {
    if (calendar.every((column) => column !== undefined)) return { column: calendar.map((c) => c.name).join("+") };
    const [likely] = columns.filter(({ name }) => isNamed(name, "time"));
    const why = likely && timeProblem(likely);
    const reason =
      why === undefined ? "no column reads as times" : `column ${likely!.name} does not read as times (${why})`;
    doubts.push(`time: ${reason}, so the order of the rows stands for them`);
    return { column: "" };
  }
  const candidates = named.length > 0 ? named : readable;
  if (candidates.length > 1) doubts.push(`time: ${candidates.map(({ column }) => column.name).join(" or ")}`);
  const { guess, column } = found;
  if (guess.others.length > 0) doubts.push(`time format: ${[guess.format, ...guess.others].join(" or ")}`);
  if (guess.unit !== undefined) doubts.push(`time unit: ${guess.unit} is a guess`);
  const clock = columns.find((other) => other !== column && isClock(other));
  const isDay = !column.isInstant && column.texts.every((text) => !text.includes(":"));
  if (clock !== undefined && isDay && guess.format === undefined && column.texts.some((text) => text.includes("-"))) {
    return { column: `${column.name}+${clock.name}` };
  }
  return { column: column.name, unit: guess.unit, format: guess.format };
}

function isIdName(name: string): boolean {
  return isNamed(name, "user") || isNamed(name, "item") || isNamed(name, "weight");
}

/** Not the row numbers that pandas writes, nor fractions, nor long texts. */
function mayBeId({ name, texts, isInstant }: ColumnSample): boolean {
  if (name === "" || /^(?:unnamed: \d+|index|row)$/i.test(name)) return false;
  const filled = texts.filter((text) => text !== "");
  return (
    !isInstant && filled.length > 0 && filled.every((text) => text.length <= 200 && !/^-?\d+\.\d*[1-9]/.test(text))
  );
}

function fitsRole({ texts, isList }: ColumnSample, role: ColumnRole): boolean {
  if (isList) return role === "category";
  if (role === "kind") return texts.some((text) => KNOWN_KINDS.has(text));
  if (role === "eventId") return texts.every((text) => text !== "") && new Set(texts).size === texts.length;
  const isNumber = texts.every((text) => text.trim() !== "" && Number.isFinite(Number(text)));
  if (role === "weight" || role === "latitude" || role === "longitude") return isNumber;
  return texts.every((text) => text !== "") || role === "title" || role === "category";
}

/** Latitude and longitude go together. */
function withPlacePairs(pairs: readonly (readonly [string, string])[]): readonly (readonly [string, string])[] {
  const roles = pairs.map(([role]) => role);
  const isHalf = roles.includes("latitude") !== roles.includes("longitude");
  return isHalf ? pairs.filter(([role]) => role !== "latitude" && role !== "longitude") : pairs;
}
