import type { MappedOptions } from "../sources/mapping.js";
import type { Proposal } from "./propose-mapping.js";

/** The flags of `sequitur data import` that say the proposal, each quoted where a shell needs it. */
export function importFlags({ pairs, timeUnit, timeFormat, explode }: Proposal, options?: MappedOptions): string {
  const columns = pairs.map(([role, column]) => {
    return `${role}=${column}${role === "time" && timeUnit !== undefined ? `:${timeUnit}` : ""}`;
  });
  const flags = [`--map ${quoted(columns.join(","))}`];
  if (timeFormat !== undefined) flags.push(`--time-format ${quoted(timeFormat)}`);
  if (explode.length > 0) flags.push(`--explode ${quoted(explode.join(","))}`);
  if (options === undefined) return flags.join(" ");
  const { format, separator, header, encoding, quotes, escape, decimal } = options;
  if (format !== "auto") flags.push(`--format ${format}`);
  if (separator !== undefined) flags.push(`--separator ${quoted(separator === "\t" ? "\\t" : separator)}`);
  if (!header) flags.push("--no-header");
  if (encoding !== "utf-8") flags.push(`--encoding ${encoding}`);
  if (quotes !== undefined) flags.push(quotes ? "--quotes" : "--no-quotes");
  if (escape !== undefined) flags.push(`--escape ${quoted(escape)}`);
  if (decimal !== "point") flags.push(`--decimal ${decimal}`);
  return flags.join(" ");
}

/** A word as a shell takes it. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
