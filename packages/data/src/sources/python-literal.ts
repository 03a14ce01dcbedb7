const NAMES: Readonly<Record<string, unknown>> = { True: true, False: false, None: null };
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f", "\n": "" };
const NUMBER = /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const NAME = /True|False|None/y;

/**
 * Reads one Python literal (dict, list, tuple, string, number, True, False, None), or undefined when the text is none.
 * Upstream's Amazon metadata of 2014 is printed Python, not JSON: 'single quotes', \x escapes, None.
 */
export function parsePythonLiteral(text: string): unknown {
  const state = { text, at: 0 };
  try {
    const value = readValue(state);
    skipBlanks(state);
    return state.at === text.length ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

interface State {
  readonly text: string;
  at: number;
}

function readValue(state: State): unknown {
  skipBlanks(state);
  const start = state.text[state.at];
  if (start === "{") return readDict(state);
  if (start === "[") return readList(state, "]");
  if (start === "(") return readList(state, ")");
  if (start === "'" || start === '"') return readString(state, start);
  if (start === "u" && /['"]/.test(state.text[state.at + 1] ?? "")) {
    state.at += 1;
    return readString(state, state.text[state.at]!);
  }
  const name = match(state, NAME);
  if (name !== undefined) return NAMES[name];
  const number = match(state, NUMBER);
  if (number !== undefined) return Number(number);
  throw new SyntaxError("no Python literal");
}

function readDict(state: State): Record<string, unknown> {
  const entries: [string, unknown][] = [];
  state.at += 1;
  while (!take(state, "}")) {
    const key = readValue(state);
    if (typeof key !== "string" || !take(state, ":")) throw new SyntaxError("no dict");
    entries.push([key, readValue(state)]);
    if (!take(state, ",") && peek(state) !== "}") throw new SyntaxError("no dict");
  }
  return Object.fromEntries(entries);
}

function readList(state: State, close: string): unknown[] {
  const values: unknown[] = [];
  state.at += 1;
  while (!take(state, close)) {
    values.push(readValue(state));
    if (!take(state, ",") && peek(state) !== close) throw new SyntaxError("no list");
  }
  return values;
}

function readString(state: State, quote: string): string {
  let out = "";
  state.at += 1;
  for (;;) {
    const char = state.text[state.at];
    if (char === undefined) throw new SyntaxError("no end of string");
    state.at += 1;
    if (char === quote) return out;
    out += char === "\\" ? readEscape(state) : char;
  }
}

function readEscape(state: State): string {
  const char = state.text[state.at] ?? "";
  state.at += 1;
  const digits = char === "x" ? 2 : char === "u" ? 4 : char === "U" ? 8 : 0;
  if (digits === 0) return ESCAPES[char] ?? (/["'\\]/.test(char) ? char : `\\${char}`);
  const code = state.text.slice(state.at, state.at + digits);
  if (!/^[0-9a-fA-F]+$/.test(code) || code.length !== digits) throw new SyntaxError("no escape");
  state.at += digits;
  return String.fromCodePoint(Number.parseInt(code, 16));
}

function match(state: State, pattern: RegExp): string | undefined {
  pattern.lastIndex = state.at;
  const found = pattern.exec(state.text)?.[0];
  if (found !== undefined) state.at += found.length;
  return found;
}

function peek(state: State): string | undefined {
  skipBlanks(state);
  return state.text[state.at];
}

function take(state: State, char: string): boolean {
  if (peek(state) !== char) return false;
  state.at += 1;
  return true;
}

function skipBlanks(state: State): void {
  while (/\s/.test(state.text[state.at] ?? "")) state.at += 1;
}
