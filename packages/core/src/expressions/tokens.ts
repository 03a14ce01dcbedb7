import { PlatformError } from "../errors.js";

/** A piece of an expression; `at` is its 0-based place in the text. */
export type Token =
  | { readonly kind: "number"; readonly value: number; readonly at: number }
  | { readonly kind: "text"; readonly value: string; readonly at: number }
  | { readonly kind: "name"; readonly value: string; readonly at: number }
  | { readonly kind: "sign"; readonly value: string; readonly at: number }
  | { readonly kind: "end"; readonly at: number };

const MOST_CHARACTERS = 4_000;
const BLANK = /\s/u;
const DIGIT = /[0-9]/u;
const NAME_START = /[\p{L}_]/u;
const NAME_PART = /[\p{L}\p{N}_.]/u;
const SIGNS = ["<=", ">=", "!=", "<>", "==", "<", ">", "=", "+", "-", "*", "/", "(", ")", ",", "[", "]"];
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", "\\": "\\", '"': '"', "'": "'", "`": "`" };

/** What is wrong with an expression, with a caret under the place. */
export function expressionError(text: string, at: number, problem: string): PlatformError {
  const from = Math.max(0, at - 40);
  const shown = text.slice(from, at + 40).replaceAll(/\s/gu, " ");
  return new PlatformError(
    "bad-config",
    `expression: ${problem} at character ${at + 1}:\n  ${shown}\n  ${" ".repeat(at - from)}^`,
  );
}

/** The pieces of an expression, the end last. Names that are no plain words stand in backticks. */
export function tokensOf(text: string): readonly Token[] {
  if (text.length > MOST_CHARACTERS) {
    throw new PlatformError(
      "bad-config",
      `expression: expected at most ${MOST_CHARACTERS} characters, got ${text.length}.`,
    );
  }
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    if (BLANK.test(text[at]!)) {
      at++;
      continue;
    }
    const { token, end } = nextToken(text, at);
    tokens.push(token);
    at = end;
  }
  tokens.push({ kind: "end", at: text.length });
  return tokens;
}

function nextToken(text: string, at: number): { readonly token: Token; readonly end: number } {
  const first = text[at]!;
  if (first === '"' || first === "'") {
    const { value, end } = quoted(text, at);
    return { token: { kind: "text", value, at }, end };
  }
  if (first === "`") {
    const { value, end } = quoted(text, at);
    return { token: { kind: "name", value, at }, end };
  }
  if (DIGIT.test(first) || (first === "." && DIGIT.test(text[at + 1] ?? ""))) return numberToken(text, at);
  if (NAME_START.test(first)) {
    let end = at + 1;
    while (end < text.length && NAME_PART.test(text[end]!)) end++;
    return { token: { kind: "name", value: text.slice(at, end), at }, end };
  }
  const sign = SIGNS.find((candidate) => text.startsWith(candidate, at));
  if (sign === undefined) throw expressionError(text, at, `unexpected ${JSON.stringify(first)}`);
  return { token: { kind: "sign", value: sign, at }, end: at + sign.length };
}

function numberToken(text: string, at: number): { readonly token: Token; readonly end: number } {
  const [digits] = /^(?:[0-9][0-9_]*)?(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/u.exec(text.slice(at, at + 400))!;
  const end = at + digits.length;
  const value = Number(digits.replaceAll("_", ""));
  if (!Number.isFinite(value) || NAME_PART.test(text[end] ?? " ")) {
    throw expressionError(text, at, `expected a number, got ${JSON.stringify(text.slice(at, end + 1))}`);
  }
  return { token: { kind: "number", value, at }, end };
}

function quoted(text: string, at: number): { readonly value: string; readonly end: number } {
  const quote = text[at]!;
  let value = "";
  let end = at + 1;
  for (; end < text.length && text[end] !== quote; end++) {
    if (text[end] !== "\\") {
      value += text[end]!;
      continue;
    }
    const escaped = ESCAPES[text[++end] ?? ""];
    if (escaped === undefined) throw expressionError(text, end - 1, "unknown escape; write \\\\ for a backslash");
    value += escaped;
  }
  if (end === text.length) throw expressionError(text, at, `expected a closing ${quote}`);
  return { value, end: end + 1 };
}
