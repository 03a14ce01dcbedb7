import { parse as parseLossless } from "lossless-json";

/** Sixteen digits in a row, or an exponent: only such numbers can lose digits as a double. */
const LONG_NUMBER = /\d{16}|\d[eE][+-]?\d/;

/**
 * A JSON text as values; a number that a double cannot hold exactly stays the text that was written, so that an id keeps
 * every digit. MongoDB's wrappers ({"$oid": ...}, {"$date": ...}, {"$numberLong": ...}) are taken off. Throws
 * `SyntaxError` for text that is not JSON.
 */
export function parseExactJson(text: string): unknown {
  const value: unknown = LONG_NUMBER.test(text)
    ? parseLossless(text, null, { parseNumber: exactNumber })
    : JSON.parse(text);
  return text.includes('"$') ? unwrapped(value) : value;
}

function exactNumber(text: string): number | string {
  const value = Number(text);
  if (/^-?\d+$/.test(text)) return Number.isSafeInteger(value) ? value : text;
  return text.replace(/^-|[.]|e.*$/gi, "").replace(/^0+/, "").length <= 15 && Number.isFinite(value) ? value : text;
}

const WRAPPERS = ["$oid", "$date", "$numberLong", "$numberInt", "$numberDecimal", "$numberDouble", "$uuid"];

function unwrapped(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrapped);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  const [key, inner] = entries[0] ?? ["", undefined];
  if (entries.length === 1 && WRAPPERS.includes(key)) return unwrapped(inner);
  return Object.fromEntries(entries.map(([name, field]) => [name, unwrapped(field)]));
}
