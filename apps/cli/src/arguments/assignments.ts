import { InvalidArgumentError } from "commander";

/** A value as JSON when it reads as JSON (numbers, true, null, lists), else as text. */
export function valueOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** `key=value,key=value` as an object; values by `valueOf`. */
export function assignmentsOf(text: string): Record<string, unknown> {
  return Object.fromEntries(text.split(",").map((part) => pairOf(part)));
}

/** `kind` or `kind:key=value,key=value` as an object with `kind`. */
export function kindOf(text: string): Record<string, unknown> {
  const colon = text.indexOf(":");
  if (colon < 0) return { kind: text };
  return { kind: text.slice(0, colon), ...assignmentsOf(text.slice(colon + 1)) };
}

/** For a repeatable option: adds `key=value` to what came before. */
export function collectAssignment(text: string, before: Record<string, unknown> = {}): Record<string, unknown> {
  return { ...before, ...assignmentsOf(text) };
}

/** For a repeatable option whose value may hold commas: adds the one `key=value`. */
export function collectField(text: string, before: Record<string, unknown> = {}): Record<string, unknown> {
  const [key, value] = pairOf(text);
  return { ...before, [key]: value };
}

/** For a repeatable option: adds to a list. */
export function collectKind(text: string, before: readonly Record<string, unknown>[] = []): Record<string, unknown>[] {
  return [...before, kindOf(text)];
}

/** `a, b` as a list of texts without blanks. */
export function namesOf(text: string): string[] {
  const names = text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (names.length === 0) throw new InvalidArgumentError("Expected a name or several with commas between.");
  return names;
}

/** `5,10,20` as numbers; bounds are left to the schema that knows them. */
export function numbersOf(text: string): number[] {
  return text.split(",").map(numberOf);
}

/** A number; bounds are left to the schema that knows them. */
export function numberOf(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || Number.isNaN(value)) {
    throw new InvalidArgumentError(`Expected a number, got "${text}".`);
  }
  return value;
}

function pairOf(part: string): [string, unknown] {
  const equals = part.indexOf("=");
  if (equals < 1) throw new InvalidArgumentError(`Expected key=value, got "${part}".`);
  return [part.slice(0, equals).trim(), valueOf(part.slice(equals + 1).trim())];
}
