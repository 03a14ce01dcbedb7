import { PlatformError } from "@sequitur/core";

/** JSON that jsonb takes: it has no NUL and no lone surrogate. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value ?? {});
  if (/\\u0000|\\ud[89a-f]/i.test(text.replaceAll("\\\\", ""))) {
    throw new PlatformError("bad-data", "JSON must not contain the NUL character or half of a surrogate pair.");
  }
  return text;
}
