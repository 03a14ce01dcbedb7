import { parseConfig } from "../config.js";
import { PlatformError } from "../errors.js";
import { caseOf, signalsSchema, type Signals } from "./signals.js";

const RULE = /^([^\s=<>]+)\s*(=|>=|<=|>|<)\s*(.+)$/;

/**
 * A table written in one line: rules with commas between, such as "purchase=8,dislike=-4,impression=exposure,
 * rating>=4,rating<3=negative,dwell>30s,play=log1p". `*` names the kinds without a rule. `bad-config` names the rule.
 */
export function parseSignals(text: string): Signals {
  const kinds: Record<string, unknown[]> = {};
  for (const rule of text.split(",").map((part) => part.trim())) {
    const [kind, given] = ruleOf(rule);
    (kinds[kind] ??= []).push(given);
  }
  const { "*": other, ...named } = kinds;
  return parseConfig(signalsSchema, { kinds: named, ...(other && { other }) }, "signals");
}

function ruleOf(rule: string): [kind: string, given: unknown] {
  const match = RULE.exec(rule);
  if (match === null) {
    throw new PlatformError(
      "bad-config",
      `signals: expected a rule such as purchase=8, dislike=-4, impression=exposure, rating>=4 or dwell>30s, got "${rule}".`,
    );
  }
  const [, kind, operator, rest] = match as unknown as [string, string, string, string];
  if (operator === "=") return [kind, valueOf(rest.trim())];
  const [bound, said] = rest.split("=").map((part) => part.trim()) as [string, string | undefined];
  return [kind, { when: `${operator} ${bound}`, ...(said !== undefined && caseOf(valueOf(said))) }];
}

function valueOf(text: string): number | string {
  return text !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}
