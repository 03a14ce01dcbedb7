import { PlatformError } from "@sequitur/core";

/**
 * The fields of a config file, or those that a report carries as `config`; {} without a file. `family` is what the
 * `format` of such reports starts with, whatever its version; `open` takes the config out of one.
 */
export function configOf(
  file: unknown,
  family: string,
  where: string,
  open: (report: Readonly<Record<string, unknown>>) => unknown = ({ config }) => config,
): Record<string, unknown> {
  if (file === undefined) return {};
  if (typeof file !== "object" || file === null || Array.isArray(file)) {
    throw new PlatformError("bad-config", `${where}: expected an object with the fields of an experiment.`);
  }
  const fields = file as Record<string, unknown>;
  const { format } = fields;
  const isReport = typeof format === "string" && format.startsWith(family);
  return isReport ? configOf(open(fields), family, where) : fields;
}

/** A value as an object: itself, or { key: value } when it is the short form of one. */
export function asObject(value: unknown, key: string): Record<string, unknown> {
  if (value === undefined) return {};
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : { [key]: value };
}
