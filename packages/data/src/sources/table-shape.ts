import { decodeText, type TextBlock, type TextEncoding } from "./text-blocks.js";

const NEWLINE = 0x0a;
const RETURN = 0x0d;
/** Lines that a separator is guessed from. */
const SAMPLE_LINES = 20;
const SEPARATORS = [",", "\t", ";", "|", "::"] as const;

/** What the first lines say of a table: where its rows begin and what stands between their fields. */
export interface TableShape {
  readonly separator: string;
  /** The first block from the header (or the first row) on. */
  readonly start: TextBlock;
}

/**
 * Skips blank lines, comments before the table and Excel's "sep=;", and finds the separator: the usual one of the format
 * when the first line has it, else the one that splits the first lines evenly.
 */
export function findShape(block: TextBlock, encoding: TextEncoding, usual: string, given?: string): TableShape {
  let start = block;
  let separator = given;
  for (;;) {
    const line = decodeText(firstLineOf(start), encoding);
    const excel = /^"?sep=(.)"?$/i.exec(line);
    if (excel !== null) separator ??= excel[1] === "\\" ? "\t" : excel[1];
    else if (line.trim() !== "" && !isComment(line, start, encoding)) break;
    const next = afterFirstLine(start);
    if (next.bytes.length === 0) break;
    start = next;
  }
  return { start, separator: separator ?? guessSeparator(sampleLines(start, encoding), usual) };
}

/** The first line's bytes without its end. */
export function firstLineOf(block: TextBlock): Buffer {
  const newline = block.bytes.indexOf(NEWLINE);
  const end = newline < 0 ? block.bytes.length : newline;
  return block.bytes.subarray(0, block.bytes[end - 1] === RETURN ? end - 1 : end);
}

export function afterFirstLine(block: TextBlock): TextBlock {
  const newline = block.bytes.indexOf(NEWLINE);
  const rest = newline < 0 ? block.bytes.subarray(block.bytes.length) : block.bytes.subarray(newline + 1);
  return { bytes: rest, firstLine: block.firstLine + 1 };
}

/** How a separator is named in messages. */
export function separatorName(separator: string): string {
  if (separator === "\t") return "tab";
  return separator === " " ? "blank" : `"${separator}"`;
}

export function countOf(text: string, part: string): number {
  return text.split(part).length - 1;
}

/** A line with # before the table is a comment unless it has the fields of the next line, as a header would. */
function isComment(line: string, block: TextBlock, encoding: TextEncoding): boolean {
  if (!line.startsWith("#")) return false;
  const next = sampleLines(afterFirstLine(block), encoding).find((other) => !other.startsWith("#"));
  if (next === undefined) return false;
  const separator = guessSeparator([next], ",");
  return countOf(line, separator) !== countOf(next, separator);
}

function sampleLines(block: TextBlock, encoding: TextEncoding): string[] {
  const lines: string[] = [];
  for (let rest = block; rest.bytes.length > 0 && lines.length < SAMPLE_LINES; rest = afterFirstLine(rest)) {
    const line = decodeText(firstLineOf(rest), encoding);
    if (line.trim() !== "") lines.push(line);
  }
  return lines;
}

function guessSeparator(lines: readonly string[], usual: string): string {
  const first = lines[0] ?? "";
  if (first.includes(usual)) return withBlank(lines, usual);
  const candidates = SEPARATORS.filter((separator) => first.includes(separator));
  const isEven = (separator: string): boolean =>
    lines.every((line) => countOf(line, separator) === countOf(first, separator));
  const found = candidates.findLast(isEven) ?? candidates[0];
  if (found !== undefined) return withBlank(lines, found);
  return first.includes(" ") && lines.every((line) => countOf(line, " ") === countOf(first, " ")) ? " " : usual;
}

/** ", " when every comma of the sample has a blank behind it. */
function withBlank(lines: readonly string[], separator: string): string {
  const blank = `${separator} `;
  if (separator.length > 1 || separator === "\t") return separator;
  return lines.every((line) => countOf(line, blank) === countOf(line, separator)) ? blank : separator;
}
