import { nearestName, PlatformError } from "@sequitur/core";
import { z } from "zod";

const column = z.string().min(1).optional();

/** Which columns of a log are what; those left out are found by their usual names. */
export const logColumns = z.strictObject({
  slate: column.describe("id of the slate; its rows stand one after another. Without it each row is one choice"),
  user: column.describe("id of the user; rows of one user are one unit of the intervals"),
  time: column.describe("ms since the epoch or ISO 8601"),
  item: column.describe("id of the item shown"),
  position: column.describe("place within the slate"),
  reward: column.describe("what came of it, such as a click (0 or 1)"),
  propensity: column.describe("P(item at this position | query) of the policy that logged; empty where unknown"),
  conditional: column.describe("P(item | query, items above it) of the policy that logged; empty where unknown"),
  standardError: column.describe("standard error of the propensity; empty where it is exact or unknown"),
  evaluation: column.describe('P(item at this position | query) of the policy "column"'),
  evaluationConditional: column.describe('P(item | query, items above it) of the policy "column"'),
});
export type LogColumns = z.infer<typeof logColumns>;
export type LogColumn = keyof LogColumns;

const USUAL: Readonly<Record<LogColumn, readonly string[]>> = {
  slate: ["slate", "slate_id", "slateId", "request", "request_id", "requestId"],
  user: ["user", "user_id", "userId"],
  time: ["time", "timestamp"],
  item: ["item", "item_id", "itemId"],
  position: ["position"],
  reward: ["reward", "click"],
  propensity: ["propensity", "propensity_score", "pscore"],
  conditional: ["conditional"],
  standardError: ["standard_error", "standardError"],
  evaluation: ["evaluation"],
  evaluationConditional: ["evaluation_conditional", "evaluationConditional"],
};
const NEEDED: readonly LogColumn[] = ["item", "reward", "propensity"];

/** Every name that may be asked for. */
export function wantedColumns(given: LogColumns): Set<string> {
  const named = Object.values(given).flatMap((name) => name ?? []);
  return new Set([...Object.values(USUAL).flat(), ...named]);
}

/** Index of each column found, -1 where there is none. Throws `bad-data` for a named or needed column that is missing. */
export function findColumns(path: string, names: readonly string[], given: LogColumns): Record<LogColumn, number> {
  const entries = (Object.keys(USUAL) as LogColumn[]).map((key): [LogColumn, number] => {
    const wish = given[key];
    const index = wish === undefined ? firstOf(names, USUAL[key]) : names.indexOf(wish);
    if (index < 0 && (wish !== undefined || NEEDED.includes(key))) throw missing(path, names, key, wish);
    return [key, index];
  });
  return Object.fromEntries(entries) as Record<LogColumn, number>;
}

function firstOf(names: readonly string[], wishes: readonly string[]): number {
  for (const wish of wishes) if (names.includes(wish)) return names.indexOf(wish);
  return -1;
}

function missing(path: string, names: readonly string[], key: LogColumn, wish: string | undefined): PlatformError {
  const expected = wish === undefined ? `a column for ${key} (${USUAL[key].join(", ")})` : `a column "${wish}"`;
  const near = wish === undefined ? undefined : nearestName(wish, names);
  const hint = near === undefined ? `; name it with --map ${key}=COLUMN` : `; did you mean "${near}"?`;
  return new PlatformError("bad-data", `${path}: expected ${expected}, got ${names.slice(0, 30).join(", ")}${hint}`);
}
