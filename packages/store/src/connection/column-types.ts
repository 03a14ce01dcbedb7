import { types, type CustomTypesConfig } from "pg";

const INT8 = 20;
const TIMESTAMPTZ = 1184;

/** Counts come as numbers, since none here passes 2^53; instants as ms since the epoch (the session's zone is UTC). */
export const columnTypes: CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: "text" | "binary") => {
    if (oid === INT8) return Number;
    if (oid === TIMESTAMPTZ) return parseInstant;
    return types.getTypeParser(oid, format ?? "text");
  }) as CustomTypesConfig["getTypeParser"],
};

const fallback = types.getTypeParser(TIMESTAMPTZ, "text") as (text: string) => Date | number;

/** "2026-11-23 15:41:08.123456+00" to ms; what is finer is cut. */
export function parseInstant(text: string): number {
  const ms = Date.parse(`${text.slice(0, 10)}T${text.slice(11).replace(/\+00$/, "Z")}`);
  return Number.isNaN(ms) ? Number(fallback(text)) : ms;
}
