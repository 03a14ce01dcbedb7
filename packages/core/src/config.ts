import { type z } from "zod";
import { PlatformError } from "./errors.js";

/** Parses by the schema or throws one `bad-config` line: field, what was expected, what came. `where` names the source. */
export function parseConfig<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => {
    const path = issue.path.map(String).join(".");
    return path === "" ? issue.message : `${path}: ${issue.message}`;
  });
  throw new PlatformError("bad-config", `${where}: ${problems.join("; ")}`);
}
