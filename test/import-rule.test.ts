import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const SCOPE = "@sequitur/";
/** What checks may use beyond their own room. */
const FOR_CHECKS = ["config", "data", "metrics"];

interface Workspace {
  /** As in the table of ARCHITECTURE.md, such as core or models/baselines. */
  readonly room: string;
  readonly folder: string;
  readonly name: string;
  readonly runtime: ReadonlySet<string>;
  readonly declared: ReadonlySet<string>;
}

interface Manifest {
  readonly name: string;
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as Manifest;
}

function childFolders(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${folder}/${entry.name}`);
}

const workspaces: readonly Workspace[] = [
  ...["packages", "packages/models", "apps"].flatMap(childFolders),
  "examples",
  "test",
]
  .filter((folder) => existsSync(join(root, folder, "package.json")))
  .map((folder) => {
    const { name, dependencies, devDependencies, optionalDependencies, peerDependencies } = readManifest(folder);
    const runtime = { ...dependencies, ...optionalDependencies, ...peerDependencies };
    return {
      room: folder.replace(/^(packages|apps)\//, ""),
      folder,
      name,
      runtime: new Set(Object.keys(runtime)),
      declared: new Set(Object.keys({ ...runtime, ...devDependencies })),
    };
  });

const roomOf = new Map(workspaces.map((workspace) => [workspace.name, workspace.room]));
const rootDependencies = new Set(Object.keys(readManifest(".").devDependencies ?? {}));

/** Room -> rooms it may import, from the table in ARCHITECTURE.md. */
function readTable(): Map<string, string[]> {
  const text = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
  const section = text.slice(text.indexOf("## The import rule"), text.indexOf("## Determinism"));
  const rows = [...section.matchAll(/^\| ([\w/*-]+) \| ([^|]*)\|$/gm)];
  return new Map(
    rows
      .map(
        (row) =>
          [
            row[1]!,
            row[2]!
              .split(",")
              .map((room) => room.trim())
              .filter(Boolean),
          ] as const,
      )
      .filter(([room]) => room !== "room" && room !== "---"),
  );
}

const table = readTable();

function allowed(room: string): (other: string) => boolean {
  const patterns = table.get(room) ?? table.get("models/*")!;
  return (other) =>
    other === room ||
    patterns.some((pattern) => pattern === other || (pattern === "models/*" && other.startsWith("models/")));
}

function sourceFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (["node_modules", "dist", "generated", "assembly"].includes(entry.name)) return [];
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return existsSync(join(root, path, "package.json")) ? [] : sourceFiles(path);
    return /\.(tsx?|js|mjs)$/.test(entry.name) ? [path] : [];
  });
}

/** Tests and their fixtures, benches, verify checks and build scripts: all that is not built into dist. */
function isCheck(workspace: Workspace, file: string): boolean {
  if (/\.(test|fixture)\.ts$/.test(file) || !/\/(src|bin)\//.test(file)) return true;
  const build = join(root, workspace.folder, "tsconfig.build.json");
  if (!existsSync(build)) return false;
  const { exclude = [] } = JSON.parse(readFileSync(build, "utf8")) as { exclude?: string[] };
  return exclude.includes(file.slice(workspace.folder.length + 1));
}

/** Files that a build bundles: what they import lies in the bundle, so that devDependencies do. */
function isBundled(workspace: Workspace, file: string): boolean {
  return file.startsWith(`${workspace.folder}/pages/`);
}

/** Specifiers of static, type-only and dynamic imports, re-exports and createRequire calls with a literal. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8").replaceAll(/^\s*(\/\/|\*).*$/gm, "");
  const pattern =
    /(?:^|[\s;}])(?:import|export)\b[^;'"()]*?from\s*["']([^"']+)["']|\bimport\s*\(\s*["']([^"']+)["']|^import\s*["']([^"']+)["']/gm;
  return [...text.matchAll(pattern)].map((match) => (match[1] ?? match[2] ?? match[3])!);
}

/** Why this import is against the rule, or undefined. */
function violation(workspace: Workspace, file: string, specifier: string): string | undefined {
  if (specifier.startsWith("node:") || specifier.startsWith("#")) return undefined;
  if (specifier.startsWith(".")) {
    const target = resolve(root, dirname(file), specifier);
    if (target === join(root, "vitest.config.js") && file.endsWith("vitest.config.ts")) return undefined;
    const home = resolve(root, workspace.folder) + sep;
    return target.startsWith(home) ? undefined : "leaves its package";
  }
  const name = specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
  const bundled = isBundled(workspace, file);
  const check = !bundled && isCheck(workspace, file);
  if (bundled && name === "@sequitur/api" && specifier !== "@sequitur/api/client") return "is more than the client";
  if (name.startsWith(SCOPE)) {
    const other = roomOf.get(name);
    if (other === undefined) return "is no workspace";
    const may = allowed(workspace.room)(other) || (check && FOR_CHECKS.includes(other));
    if (!may) return `is not in the row of ${workspace.room}`;
  }
  const known =
    check || bundled ? workspace.declared.has(name) || rootDependencies.has(name) : workspace.runtime.has(name);
  return known || name === workspace.name ? undefined : "is not declared in package.json";
}

describe("the import rule", () => {
  it("has a row for every workspace, and every row a workspace", () => {
    expect(workspaces.length).toBeGreaterThan(8);
    for (const { room } of workspaces) {
      expect(table.has(room) || room.startsWith("models/"), `no row for ${room}`).toBe(true);
    }
    const rooms = new Set(workspaces.map((workspace) => workspace.room));
    for (const room of table.keys()) expect(room === "models/*" || rooms.has(room), `row ${room}`).toBe(true);
  });

  it("makes no circle", () => {
    const reach = (room: string, seen: ReadonlySet<string>): void => {
      expect([...seen]).not.toContain(room);
      const workspace = workspaces.find((candidate) => candidate.room === room)!;
      for (const name of workspace.runtime) {
        const other = roomOf.get(name);
        if (other !== undefined) reach(other, new Set([...seen, room]));
      }
    };
    for (const { room } of workspaces) reach(room, new Set());
  });

  it("notices what it forbids", () => {
    const core = workspaces.find((workspace) => workspace.room === "core")!;
    expect(violation(core, "packages/core/src/x.ts", "@sequitur/data")).toBe("is not in the row of core");
    expect(violation(core, "packages/core/src/x.ts", "../../data/src/index.js")).toBe("leaves its package");
    expect(violation(core, "packages/core/src/x.ts", "left-pad")).toBe("is not declared in package.json");
    expect(violation(core, "packages/core/src/x.ts", "vitest")).toBe("is not declared in package.json");
    expect(violation(core, "packages/core/src/x.test.ts", "vitest")).toBeUndefined();
    expect(violation(core, "packages/core/src/x.ts", "zod")).toBeUndefined();
  });

  for (const workspace of workspaces) {
    it(`holds in ${workspace.folder}`, () => {
      const found = sourceFiles(workspace.folder).flatMap((file) =>
        importsOf(file).flatMap((specifier) => {
          const why = violation(workspace, file, specifier);
          return why === undefined ? [] : [`${file}: ${specifier} ${why}`];
        }),
      );
      expect(found).toEqual([]);
    });
  }
});
