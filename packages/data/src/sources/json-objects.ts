import { PlatformError } from "@sequitur/core";
import { parseExactJson } from "./exact-json.js";
import type { TextBlock } from "./text-blocks.js";

/** An object of a JSON text and the line on which it begins. */
export interface JsonObject {
  readonly line: number;
  /** Undefined when the text is no JSON object. */
  readonly value: Readonly<Record<string, unknown>> | undefined;
  readonly text: string;
}

const MAX_OBJECT_CHARACTERS = 64 << 20;
const [NEWLINE, QUOTE, BACKSLASH, OPEN, CLOSE, OPEN_LIST, CLOSE_LIST] = [0x0a, 0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x5d];

/**
 * The top-level objects of JSON in any layout, block by block: one a line, a list of objects, objects written over several
 * lines, or the list of objects that stands under a key of the one object that the file is. Memory follows one block and
 * the object that it cuts.
 */
export async function* jsonObjects(path: string, blocks: AsyncIterable<TextBlock>): AsyncGenerator<JsonObject[]> {
  let scanner: ObjectScanner | undefined;
  let isFirst = true;
  for await (const { bytes, firstLine } of blocks) {
    let text = bytes.toString("utf8");
    if (isFirst) {
      const inside = listInside(text);
      if (inside > 0 || !isLineByLine(text)) scanner = new ObjectScanner(path, inside > 0);
      text = blankUpTo(text, inside);
    }
    isFirst = false;
    yield scanner === undefined ? objectsOfLines(text, firstLine) : scanner.take(text, firstLine);
  }
  const cut = scanner?.rest();
  if (cut !== undefined) yield [cut];
}

/** `{"meta": 1, "data": [{`: plain fields, then a list of objects. */
const LIST_INSIDE =
  /^\s*\{(?:\s*"(?:[^"\\]|\\.)*"\s*:\s*(?:"(?:[^"\\]|\\.)*"|[\w.+-]+)\s*,)*\s*"(?:[^"\\]|\\.)*"\s*:\s*\[(?=\s*\{)/;

/** Where the list of rows begins in a file that is one object around it; 0 for any other file. */
function listInside(text: string): number {
  const begins = LIST_INSIDE.exec(text)?.[0].length ?? 0;
  if (begins === 0) return 0;
  // Lines that are objects are rows themselves, with lists in them.
  const lines = text.trimStart().split("\n", 2);
  const isRow = lines.length > 1 && objectOf(lines[0]!.trim()) !== undefined && lines[1]!.trim().startsWith("{");
  return isRow ? 0 : begins;
}

/** The text with its beginning blanked, so that lines keep their numbers. */
function blankUpTo(text: string, end: number): string {
  return text.slice(0, end).replaceAll(/[^\n]/g, " ") + text.slice(end);
}

/** Whether the first line with something on it is a whole object, or the beginning of neither an object nor a list. */
function isLineByLine(text: string): boolean {
  const start = /\S/.exec(text)?.index ?? 0;
  const end = text.indexOf("\n", start);
  const line = (end < 0 ? text.slice(start) : text.slice(start, end)).trim();
  return !line.startsWith("[") && (!line.startsWith("{") || objectOf(line) !== undefined || /\}\s*$/.test(line));
}

function objectsOfLines(text: string, firstLine: number): JsonObject[] {
  return text.split("\n").flatMap((line, index) => {
    const content = line.trim();
    return content === "" ? [] : [{ line: firstLine + index, value: objectOf(content), text: content }];
  });
}

function objectOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = parseExactJson(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Finds objects by counting brackets outside strings. Depth counts curly ones only from the object's own on, so that an
 * outer list, commas and blanks between objects need no state.
 */
class ObjectScanner {
  private readonly path: string;
  /** The rows are a list under a key: what follows the list is not theirs. */
  private readonly isInside: boolean;
  private isOver = false;
  private pending = "";
  private startLine = 0;
  private depth = 0;
  private inString = false;
  private escaped = false;

  constructor(path: string, isInside: boolean) {
    this.path = path;
    this.isInside = isInside;
  }

  take(text: string, firstLine: number): JsonObject[] {
    if (this.isOver) return [];
    const found: JsonObject[] = [];
    let line = firstLine;
    let start = 0;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === NEWLINE) line += 1;
      if (this.inString) this.stepString(code);
      else if (code === QUOTE && this.depth > 0) this.inString = true;
      else if (code === OPEN || (code === OPEN_LIST && this.depth > 0)) {
        if (this.depth === 0) [start, this.startLine] = [at, line];
        this.depth += 1;
      } else if ((code === CLOSE || code === CLOSE_LIST) && this.depth > 0) {
        this.depth -= 1;
        if (this.depth > 0) continue;
        const whole = this.pending + text.slice(start, at + 1);
        this.pending = "";
        found.push({ line: this.startLine, value: objectOf(whole), text: whole });
      } else if (this.isInside && code === CLOSE_LIST) {
        this.isOver = true;
        return found;
      } else if (this.depth === 0 && code > 0x20 && code !== 0x2c && code !== OPEN_LIST && code !== CLOSE_LIST) {
        throw this.stray(text, at, line);
      }
    }
    if (this.depth > 0) this.keep(text.slice(start));
    return found;
  }

  /** The object that the end of the file cuts. */
  rest(): JsonObject | undefined {
    return this.depth === 0 ? undefined : { line: this.startLine, value: undefined, text: this.pending };
  }

  private stepString(code: number): void {
    if (this.escaped) this.escaped = false;
    else if (code === BACKSLASH) this.escaped = true;
    else if (code === QUOTE) this.inString = false;
  }

  private keep(text: string): void {
    this.pending += text;
    if (this.pending.length <= MAX_OBJECT_CHARACTERS) return;
    throw new PlatformError(
      "bad-data",
      `${this.path}, line ${this.startLine}: expected rows as objects, got one object of more than 64 MB: is the list of rows inside it?`,
    );
  }

  private stray(text: string, at: number, line: number): PlatformError {
    const got = text.slice(at, at + 60).split("\n")[0];
    return new PlatformError("bad-data", `${this.path}, line ${line}: expected a JSON object, got "${got}".`);
  }
}
