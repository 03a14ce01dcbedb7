import { readText } from "./link-modules.js";
import { join } from "node:path";
import { ROOT, type Workspace } from "./workspaces.js";

/** Packages that some features need and nobody else should have to install: name -> what for. */
const OPTIONAL_PEERS: Readonly<Record<string, string>> = {
  "@tensorflow/tfjs-node": "4.22.0",
  "onnxruntime-web": "1.30.0",
  vitest: ">=4",
};

/** The package.json of the published package: no workspace in it, every package of others that the code imports. */
export function publishedManifest(
  workspaces: ReadonlyMap<string, Workspace>,
  imported: ReadonlySet<string>,
): Record<string, unknown> {
  const dependencies = dependenciesOf(workspaces);
  const missing = [...imported].filter((name) => !(name in dependencies) && !(name in OPTIONAL_PEERS));
  if (missing.length > 0)
    throw new Error(`imported, but no dependency of a published workspace: ${missing.join(", ")}`);
  const face = workspaces.get("sequitur")!;
  const { engines } = JSON.parse(readText(join(ROOT, "package.json"))) as { engines: object };
  const {
    private: _private,
    scripts: _scripts,
    devDependencies: _dev,
    files: _files,
    ...manifest
  } = JSON.parse(readText(join(face.folder, "package.json"))) as Record<string, unknown>;
  return {
    ...manifest,
    exports: withoutSource(manifest["exports"] as Record<string, unknown>),
    dependencies,
    peerDependencies: OPTIONAL_PEERS,
    peerDependenciesMeta: Object.fromEntries(Object.keys(OPTIONAL_PEERS).map((name) => [name, { optional: true }])),
    engines,
  };
}

function dependenciesOf(workspaces: ReadonlyMap<string, Workspace>): Record<string, string> {
  const found = new Map<string, string>();
  for (const { manifest } of workspaces.values()) {
    for (const [name, version] of Object.entries(manifest.dependencies ?? {})) {
      if (workspaces.has(name)) continue;
      if ((found.get(name) ?? version) !== version) throw new Error(`two versions of ${name} are asked for.`);
      found.set(name, version);
    }
  }
  return Object.fromEntries([...found].sort(([a], [b]) => a.localeCompare(b)));
}

/** Sources are not published. */
function withoutSource(exports: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const isSource = ([condition]: [string, unknown]): boolean => condition === "@sequitur/source";
  return Object.fromEntries(
    Object.entries(exports).map(([entry, target]) => [
      entry,
      typeof target === "string"
        ? target
        : Object.fromEntries(Object.entries(target as object).filter((c) => !isSource(c))),
    ]),
  );
}
