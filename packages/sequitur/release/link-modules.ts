import { existsSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, relative, sep } from "node:path";
import type { Workspace } from "./workspaces.js";

/** Static imports, re-exports and dynamic imports, as the compiler writes them. */
const SPECIFIER = /(^(?:import|export)\b[^'";]*?\bfrom\s*|^import\s*|\bimport\s*\(\s*)(["'])([^"'\n]+)\2/gm;

/** Where a workspace lies in the published package: the face at the top, the others below lib/. */
export function placeOf({ room, manifest }: Workspace): string {
  return manifest.name === "sequitur" ? "" : join("lib", room);
}

/** What a module of the published package imports from elsewhere, beside its text. */
export interface LinkedModule {
  readonly text: string;
  /** Names of the packages of others, such as "zod". */
  readonly packages: readonly string[];
}

/**
 * A built module with the imports of our own workspaces turned into relative ones, so that all of them fit into one
 * package. `file` is its path in the published package. Throws for an import that does not exist.
 */
export function linkModule(text: string, file: string, workspaces: ReadonlyMap<string, Workspace>): LinkedModule {
  const packages = new Set<string>();
  const linked = text.replaceAll(SPECIFIER, (whole, before: string, quote: string, specifier: string) => {
    if (specifier.startsWith(".") || specifier.startsWith("#")) return whole;
    const name = packageOf(specifier);
    const workspace = workspaces.get(name);
    if (workspace !== undefined) {
      return `${before}${quote}${relativeTo(file, workspace, specifier)}${quote}`;
    }
    if (name.startsWith("@sequitur/")) {
      throw new Error(`${file} imports ${specifier}, which is not among the published workspaces.`);
    }
    if (!name.startsWith("node:") && !builtinModules.includes(name)) packages.add(name);
    return whole;
  });
  return { text: linked.replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n"), packages: [...packages] };
}

/** `@scope/name/deep` -> `@scope/name`. */
function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

function relativeTo(file: string, workspace: Workspace, specifier: string): string {
  const { name, exports } = workspace.manifest;
  const entry = exports?.[`.${specifier.slice(name.length)}`];
  const target = typeof entry === "object" ? entry.default : entry;
  if (target === undefined || !existsSync(join(workspace.folder, target))) {
    throw new Error(`${file} imports ${specifier}, which ${name} does not have; is it built?`);
  }
  const path = relative(dirname(file), join(placeOf(workspace), target))
    .split(sep)
    .join("/");
  return path.startsWith(".") ? path : `./${path}`;
}

/** The text of a file of a workspace. */
export function readText(path: string): string {
  return readFileSync(path, "utf8");
}
