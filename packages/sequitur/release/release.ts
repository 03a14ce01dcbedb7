import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { readText } from "./link-modules.js";
import { pack } from "./pack.js";
import { publishedWorkspaces, ROOT } from "./workspaces.js";

const { folder, manifest } = publishedWorkspaces().get("sequitur")!;
if (!readText(join(ROOT, "CHANGELOG.md")).includes(`## ${manifest.version}\n`)) {
  throw new Error(`CHANGELOG.md has no section for version ${manifest.version}; write one first.`);
}
const tarball = pack(join(folder, "packed"));
const env = { ...process.env, SEQUITUR_TARBALL: tarball };
execFileSync("npm", ["run", "verify"], { cwd: folder, env, stdio: "inherit" });
process.stdout.write(`\nPacked and proven: ${tarball}\nTo publish it: npm publish ${tarball}\n`);
