import { maxOf } from "./extremes.js";
import { z } from "zod";
import { PlatformError } from "./errors.js";
import { nearestName } from "./nearest-name.js";

/**
 * Parses by the schema or throws one `bad-config` line that names every field, what was expected and what came. For an
 * unknown key it names the key that took its place (`.meta({ formerly: ["rate"] })` on the new field), or the nearest
 * known one. `where` names the source.
 */
export function parseConfig<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => describe(issue, schema, value));
  throw new PlatformError("bad-config", `${where}: ${problems.join("; ")}.`);
}

function describe(issue: z.core.$ZodIssue, schema: z.ZodType, value: unknown): string {
  const path = issue.path.map(String);
  const field = path.join(".");
  if (issue.code === "unrecognized_keys") {
    const known = knownKeys(schema, path, value);
    return issue.keys.map((key) => unknownKey(key, field, known)).join("; ");
  }
  if (issue.code === "invalid_union" && "errors" in issue && issue.errors.length > 0) {
    const nearest = issue.errors.reduce((best, errors) => (depth(errors) > depth(best) ? errors : best));
    const inner = nearest.map((error) => describe({ ...error, path: [...issue.path, ...error.path] }, schema, value));
    return inner.join("; ");
  }
  const came = valueAt(value, path);
  const expected = issue.message.replace(/, received .*$/, "");
  return `${field === "" ? "" : `${field}: `}${expected}, got ${show(came)}`;
}

/** The branch that got furthest is the one that was meant. */
function depth(errors: readonly z.core.$ZodIssue[]): number {
  return maxOf([0, ...errors.map((error) => error.path.length)]);
}

/** Known keys, each with the names it had before. */
type KnownKeys = ReadonlyMap<string, readonly string[]>;

function unknownKey(key: string, field: string, known: KnownKeys): string {
  const where = `unknown key "${key}"${field === "" ? "" : ` in ${field}`}`;
  const heir = [...known].find(([, formerly]) => formerly.includes(key))?.[0];
  if (heir !== undefined) return `${where}: it is now called "${heir}"`;
  const names = [...known.keys()];
  const near = nearestName(key, names);
  return near === undefined ? `${where}: known keys are ${names.join(", ")}` : `${where}: did you mean "${near}"`;
}

function show(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "number") return String(value);
  return JSON.stringify(value)?.slice(0, 80) ?? typeof value;
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  let at = value;
  for (const key of path) {
    if (typeof at !== "object" || at === null) return at;
    at = Array.isArray(at) ? at[Number(key)] : Object.getOwnPropertyDescriptor(at, key)?.value;
  }
  return at;
}

interface JsonSchema {
  readonly formerly?: readonly string[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
}

/** Keys that the schema knows at the path: of unions, those of every branch whose literals (such as `kind`) the value has. */
function knownKeys(schema: z.ZodType, path: readonly string[], value: unknown): KnownKeys {
  const root = z.toJSONSchema(schema, { io: "output", unrepresentable: "any", reused: "inline" }) as JsonSchema;
  let nodes = branches(root, value);
  for (const [depth, key] of path.entries()) {
    const inner = valueAt(value, path.slice(0, depth + 1));
    nodes = nodes.flatMap((node) => {
      const next = /^\d+$/.test(key) ? node.items : node.properties?.[key];
      return next === undefined ? [] : branches(next, inner);
    });
  }
  const fields = nodes.flatMap((node) => Object.entries(node.properties ?? {}));
  return new Map(fields.map(([key, field]) => [key, field.formerly ?? []]));
}

function branches(node: JsonSchema, value: unknown): JsonSchema[] {
  const inner = [...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.allOf ?? [])];
  const meant = inner.filter((branch) => !isOfOtherKind(branch, value));
  return [node, ...(meant.length > 0 ? meant : inner).flatMap((branch) => branches(branch, value))];
}

function isOfOtherKind({ properties = {} }: JsonSchema, value: unknown): boolean {
  return Object.entries(properties).some(([key, field]) => {
    const given = valueAt(value, [key]);
    return field.const !== undefined && given !== undefined && given !== field.const;
  });
}
