import { cpSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join, relative } from "node:path";
import { linkModule, placeOf, readText } from "./link-modules.js";
import { publishedManifest } from "./published-manifest.js";
import { publishedWorkspaces, ROOT, type Workspace } from "./workspaces.js";

const DATASET_FILES = new Set(["dataset.json", "README.md"]);

/**
 * Lays the published package out in an empty folder: the face at its top, every workspace that it needs in lib/ROOM
 * with its assets (kernels.wasm, migrations, experiments), the manifests of the data sets, and the papers.
 */
export function stage(folder: string): void {
  const workspaces = publishedWorkspaces();
  const needed = new Set<string>();
  for (const workspace of workspaces.values()) {
    for (const name of stageWorkspace(workspace, folder, workspaces)) needed.add(name);
  }
  stageDatasets(folder);
  for (const path of filesBelow(join(ROOT, "examples")).filter(isExample)) {
    cpSync(path, join(folder, "examples", basename(path)));
  }
  for (const name of ["LICENSE", "CHANGELOG.md"]) cpSync(join(ROOT, name), join(folder, name));
  const face = workspaces.get("sequitur")!.folder;
  for (const name of ["README.md", "NOTICE"]) cpSync(join(face, name), join(folder, name));
  writeJson(join(folder, "package.json"), publishedManifest(workspaces, needed));
}

/** Copies what the workspace publishes; the names of the packages of others that it imports. */
function stageWorkspace(workspace: Workspace, folder: string, workspaces: ReadonlyMap<string, Workspace>): Set<string> {
  const packages = new Set<string>();
  const place = placeOf(workspace);
  for (const part of workspace.manifest.files ?? []) {
    for (const path of filesBelow(join(workspace.folder, part)).filter(isPublished)) {
      const file = join(place, relative(workspace.folder, path));
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      if (!/\.(js|d\.ts)$/.test(path)) {
        cpSync(path, join(folder, file));
        continue;
      }
      const linked = linkModule(readText(path), file, workspaces);
      writeFileSync(join(folder, file), linked.text);
      if (extname(path) === ".js") linked.packages.forEach((name) => packages.add(name));
    }
  }
  const { name, version, imports } = workspace.manifest;
  if (place !== "") {
    const inner = imports === undefined ? {} : { imports: withoutTypes(imports) };
    writeJson(join(folder, place, "package.json"), { name, version, private: true, type: "module", ...inner });
  }
  return packages;
}

function withoutTypes(imports: NonNullable<Workspace["manifest"]["imports"]>): Record<string, string> {
  return Object.fromEntries(Object.entries(imports).map(([name, target]) => [name, target.default]));
}

/** Neither what only our own tests use, nor maps to sources that are not published. */
function isPublished(path: string): boolean {
  return !/\.(map|tsbuildinfo)$|\/testing\/|\.(test|fixture|bench)\./.test(path);
}

function isExample(path: string): boolean {
  return dirname(path) === join(ROOT, "examples") && /\.(ts|csv)$/.test(path) && !path.includes(".test.");
}

function stageDatasets(folder: string): void {
  for (const path of filesBelow(join(ROOT, "datasets"))) {
    const [name, ...rest] = relative(join(ROOT, "datasets"), path).split("/");
    if (rest.length === 1 && DATASET_FILES.has(rest[0]!)) cpSync(path, join(folder, "datasets", name!, rest[0]!));
  }
}

/** Every file below a folder. */
export function filesBelow(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function writeJson(path: string, value: object): void {
  writeFileSync(path, `${JSON.stringify(value, undefined, 2)}\n`);
}
