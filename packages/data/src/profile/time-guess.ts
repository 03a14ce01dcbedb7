import { PlatformError } from "@sequitur/core";
import { TimeReader, type TimeUnit } from "../sources/times/time-reader.js";
import { fittingFormats } from "../sources/times/written-format.js";
import { ValueRow } from "../sources/value-row.js";
import type { ColumnSample } from "./sample-table.js";

/** Values that a guess is tried on. */
const TRIED = 500;
/** A column is read by a form when this share of its values fits. */
const ENOUGH = 0.95;

/** How a column may be read as times, and what it was guessed from. */
export interface TimeGuess {
  readonly unit?: TimeUnit;
  readonly format?: string;
  /** Other forms that fit as well; the user must choose. */
  readonly others: readonly string[];
}

/** How the sample's values read as times; undefined when they do not. */
export function guessTime(sample: ColumnSample): TimeGuess | undefined {
  if (sample.isInstant) return { others: [] };
  const texts = sample.texts.filter((text) => text.trim() !== "").slice(0, TRIED);
  if (texts.length === 0 || sample.isList) return undefined;
  if (fits(texts, "auto")) return { others: [] };
  const formats = texts.every((text) => Number.isNaN(Number(text))) ? fittingFormats(texts) : [];
  if (formats.length > 0) return { format: formats[0]!, others: formats.slice(1) };
  const numbers = texts.map(Number);
  if (numbers.every((value) => value >= 20_000 && value < 80_000) && numbers.some((value) => value % 1 !== 0)) {
    return { unit: "excel", others: [] };
  }
  return undefined;
}

/** Whether the values are times of day, such as 08:20:34. */
export function isClock(sample: ColumnSample): boolean {
  const texts = sample.texts.filter((text) => text !== "");
  return texts.length > 0 && texts.every((text) => /^\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?$/.test(text));
}

/** Why a column's values are no times, from the first that does not fit. */
export function timeProblem({ name, texts }: ColumnSample): string | undefined {
  return readAll(texts.slice(0, TRIED), "auto", name).problem;
}

function fits(texts: readonly string[], unit: TimeUnit): boolean {
  return readAll(texts, unit, "time").read >= ENOUGH * texts.length;
}

function readAll(
  texts: readonly string[],
  unit: TimeUnit,
  name: string,
): { read: number; problem: string | undefined } {
  const reader = new TimeReader({ unit, zone: "UTC" }, name);
  const row = new ValueRow({ path: "", unit: "row", columns: [name] });
  let read = 0;
  let problem: string | undefined;
  for (const [index, text] of texts.entries()) {
    row.values = [text];
    row.position = index + 1;
    try {
      reader.read(row, 0);
      read += 1;
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error;
      problem ??= error.message.replace(/^, /, "").replace(/\.$/, "");
    }
  }
  return { read, problem };
}
