import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { PlatformError } from "@sequitur/core";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "expected 64 lower-case hex digits");
/** Below the raw folder: no drive, no "..", so that a manifest cannot write elsewhere. */
const innerPath = z
  .string()
  .min(1)
  .refine((path) => !path.startsWith("/") && !path.includes("\\") && !path.split("/").includes(".."), {
    message: "expected a path inside the raw folder",
  });

const manifestFile = z.strictObject({
  path: innerPath.describe("Where the file lies below raw/."),
  sha256: sha256.optional().describe("Of the file as stored; absent when upstream publishes none."),
  urls: z
    .array(z.url({ protocol: /^https?$/ }))
    .default([])
    .describe("Where to get it, tried in this order."),
  member: z.string().min(1).optional().describe("The file's path within the zip archive at the address."),
  optional: z.boolean().default(false).describe("The importer does without it."),
  alternatives: z
    .array(z.strictObject({ path: innerPath, sha256: sha256.optional() }))
    .default([])
    .describe("Other forms that a local copy may hold instead; * stands for any characters of a name."),
});

/** `datasets/NAME/dataset.json`. */
export const datasetManifest = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, "expected lower-case letters, digits and -"),
  title: z.string().min(1),
  description: z.string().min(1),
  source: z.string().describe("Address of the page that describes the data; empty when it is generated."),
  licence: z.string().min(1).describe("The terms in a sentence."),
  citation: z.string().default("").describe("How its authors ask to be cited."),
  importer: z.string().min(1).nullable().describe("Name of the importer; null when this version has none."),
  options: z.record(z.string(), z.unknown()).default({}).describe("Given to the importer, which checks them."),
  files: z.array(manifestFile).default([]),
  timeZone: z.string().optional().describe("IANA time zone of every item."),
  revisits: z.boolean().describe("Coming back to an item is normal, as with places."),
  expected: z
    .strictObject({
      users: z.int().positive().optional(),
      items: z.int().positive().optional(),
      interactions: z.int().positive().optional(),
    })
    .default({})
    .describe("Published counts of the upstream files."),
});

export type DatasetManifest = z.output<typeof datasetManifest>;
export type ManifestFile = DatasetManifest["files"][number];

/** The manifests that come with the program; nothing is ever written there. */
const SHIPPED = fileURLToPath(new URL("../../../../datasets", import.meta.url));

/** The manifest of one data set: yours in `datasetsDir`, else the shipped one; `not-found` lists the names there are. */
export async function readManifest(datasetsDir: string, name: string): Promise<DatasetManifest> {
  const names = await datasetNames(datasetsDir);
  if (!names.includes(name)) {
    throw new PlatformError("not-found", `expected one of the data sets ${names.join(", ")}, got "${name}".`);
  }
  const own = join(datasetsDir, name, "dataset.json");
  const path = existsSync(own) ? own : join(SHIPPED, name, "dataset.json");
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw new PlatformError("bad-data", `${path}: expected JSON, got: ${String(cause)}`, { cause });
  }
  const parsed = datasetManifest.safeParse(value);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.map(String).join(".")}: ${issue.message}`);
    throw new PlatformError("bad-data", `${path}: ${problems.join("; ")}`);
  }
  if (parsed.data.name !== name) {
    throw new PlatformError(
      "bad-data",
      `${path}: expected the name "${name}" like its folder, got "${parsed.data.name}".`,
    );
  }
  return parsed.data;
}

/** Every name that has a manifest, in `datasetsDir` or among the shipped ones, sorted. */
export async function datasetNames(datasetsDir: string): Promise<string[]> {
  const names = new Set([...(await namesIn(SHIPPED)), ...(await namesIn(datasetsDir))]);
  return [...names].sort();
}

async function namesIn(folder: string): Promise<string[]> {
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, "dataset.json")))
    .map(({ name }) => name);
}
