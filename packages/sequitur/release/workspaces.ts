import { readdirSync, existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout. */
export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** The fields of a package.json that a release reads. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly files?: readonly string[];
  readonly exports?: Readonly<Record<string, string | { readonly default: string }>>;
  readonly imports?: Readonly<Record<string, { readonly default: string }>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export interface Workspace {
  readonly folder: string;
  /** Name of its folder in the published package: `@sequitur/core` -> "core". */
  readonly room: string;
  readonly manifest: Manifest;
}

/** The published face and every workspace that it needs at run time, by package name. */
export function publishedWorkspaces(): Map<string, Workspace> {
  const all = new Map(allWorkspaces().map((workspace) => [workspace.manifest.name, workspace]));
  const published = new Map<string, Workspace>();
  const add = (name: string): void => {
    const workspace = all.get(name);
    if (workspace === undefined || published.has(name)) return;
    published.set(name, workspace);
    Object.keys(workspace.manifest.dependencies ?? {}).forEach(add);
  };
  add("sequitur");
  return published;
}

function allWorkspaces(): Workspace[] {
  const { workspaces } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { workspaces: string[] };
  return workspaces
    .flatMap((pattern) => (pattern.endsWith("/*") ? childFolders(dirname(pattern)) : [join(ROOT, pattern)]))
    .filter((folder) => existsSync(join(folder, "package.json")))
    .map((folder) => {
      const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
      return { folder, room: basename(manifest.name), manifest };
    });
}

function childFolders(parent: string): string[] {
  return readdirSync(join(ROOT, parent)).map((name) => join(ROOT, parent, name));
}
