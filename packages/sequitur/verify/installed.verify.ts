import { execFile, spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pack } from "../release/pack.js";
import { filesBelow } from "../release/stage.js";
import { ROOT } from "../release/workspaces.js";

const execute = promisify(execFile);
const MAX_BYTES = 150 * 2 ** 20;

let folder = "";

/** Runs a command of the installed package in the folder it is installed in; rejects when it fails. */
async function run(...words: readonly string[]): Promise<string> {
  const env = { ...process.env, NO_COLOR: "1", DATABASE_URL: "" };
  const { stdout } = await execute("npx", ["--no-install", "sequitur", ...words], { cwd: folder, env });
  return stdout;
}

async function installedFiles(): Promise<string[]> {
  const files = filesBelow(join(folder, "node_modules", "sequitur"));
  const states = await Promise.all(files.map(async (path) => `${path} ${(await stat(path)).mtimeMs}`));
  return states.sort();
}

/** Six rounds through three rings of items, one ring for each kind of user. */
function clicks(): string {
  const rows = Array.from({ length: 30 * 8 }, (_, row) => {
    const [user, step] = [row % 30, Math.floor(row / 30)];
    return `u${user},i${(user % 3) * 10 + ((user + step) % 10)},${1_700_000_000 + row * 60}`;
  });
  return `uid,sku,ts\n${rows.join("\n")}\n`;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sequitur-installed-"));
  const tarball = process.env["SEQUITUR_TARBALL"] ?? pack(folder);
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "mine", private: true, type: "module" }));
  await writeFile(join(folder, "clicks.csv"), clicks());
  await execute("npm", ["install", "--no-audit", "--no-fund", tarball], { cwd: folder });
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe("the package, installed from its tarball in an empty folder", () => {
  it("is small, whole and free of install scripts and missing peers", async () => {
    const sizes = await Promise.all(
      filesBelow(join(folder, "node_modules")).map(async (path) => (await stat(path)).size),
    );
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(MAX_BYTES);
    expect(readdirSync(join(folder, "node_modules", "sequitur"))).toEqual(
      expect.arrayContaining(["LICENSE", "NOTICE", "README.md", "CHANGELOG.md", "package.json"]),
    );
    await execute("npm", ["ls", "--all"], { cwd: folder });
    const lock = JSON.parse(await readFile(join(folder, "package-lock.json"), "utf8")) as {
      packages: Record<string, { hasInstallScript?: boolean }>;
    };
    expect(Object.keys(lock.packages).filter((name) => lock.packages[name]!.hasInstallScript)).toEqual([]);
  });

  it("lists, imports, evaluates, trains and simulates, and keeps all of it in the user's folder", async () => {
    const before = await installedFiles();
    expect(await run("data", "list")).toContain("ml-100k");
    expect(await run("data", "get", "city")).toContain("nothing to fetch");
    await run("data", "import", "clicks.csv", "--map", "user=uid,item=sku,time=ts:s", "--name", "shop");
    expect(existsSync(join(folder, "datasets", "shop", "dataset.json"))).toBe(true);
    const board = await run("evaluate", "--data", "shop", "--models", "popularity,item-knn", "--out", "reports/shop");
    expect(board).toMatch(/^item-knn .*best/m);
    expect(existsSync(join(folder, "reports", "shop", "report.html"))).toBe(true);
    await run("import", "--data", "shop");
    expect(await run("train", "--from-store", "--model", "session-knn")).toContain("answers in slot default");
    expect(existsSync(join(folder, ".sequitur", "models"))).toBe(true);
    const arms = ["--arms", "popularity,random", "--users", "20", "--days", "2", "--out", "reports/arms"];
    expect(await run("simulate", ...arms)).toContain("popularity");
    expect(await installedFiles()).toEqual(before);
  });

  it("serves with its reference page", async () => {
    const server = spawn("npx", ["--no-install", "sequitur", "serve", "--port", "0"], { cwd: folder, detached: true });
    try {
      const url = await firstUrl(server.stdout);
      expect((await fetch(`${url}/readyz`)).status).toBe(200);
      expect((await fetch(`${url}/reference/swagger-ui.css`)).status).toBe(200);
    } finally {
      process.kill(-server.pid!, "SIGINT");
    }
  });

  it("has types without errors, for programs and for browsers, and runs an example", async () => {
    const tsc = join(ROOT, "node_modules", ".bin", "tsc");
    const strict = ["--noEmit", "--strict", "--skipLibCheck", "false", "--target", "es2023"];
    const types = ["--typeRoots", join(ROOT, "node_modules", "@types"), "--types", "node"];
    const example = join(folder, "node_modules", "sequitur", "examples", "first-recommendation.ts");
    await writeFile(join(folder, "first.mts"), await readFile(example, "utf8"));
    await execute(tsc, [...strict, ...types, "--module", "nodenext", "--ignoreConfig", "first.mts"], { cwd: folder });
    const page = `import { apiClient } from "sequitur/client";
      const answer = await apiClient("", "").v1.recommendations.$post({ json: { userId: "ada" } });
      if (answer.ok) document.title = (await answer.json()).items[0]!.itemId;`;
    await writeFile(join(folder, "page.mts"), page);
    await execute(
      tsc,
      [...strict, ...types, "--module", "nodenext", "--lib", "es2023,dom", "--ignoreConfig", "page.mts"],
      {
        cwd: folder,
      },
    );
    const client = await readFile(join(folder, "node_modules", "sequitur", "dist", "client.js"), "utf8");
    expect(client).not.toMatch(/^import|require\(|node:/m);
    await writeFile(join(folder, "clicks.csv"), await readFile(join(ROOT, "examples", "clicks.csv"), "utf8"));
    const { stdout } = await execute("node", ["--import", import.meta.resolve("tsx"), "first.mts"], { cwd: folder });
    expect(stdout).toContain("after a kettle: ");
  });

  it("tells its whole story", async () => {
    expect(await run("start", "--", "--once")).toMatch(/^oracle .*ceiling/m);
  });
});

async function firstUrl(out: NodeJS.ReadableStream): Promise<string> {
  let text = "";
  for await (const chunk of out) {
    text += String(chunk);
    const url = /http:\/\/[\d.]+:\d+/.exec(text)?.[0];
    if (url !== undefined) return url;
  }
  throw new Error(`expected an address, got: ${text}`);
}
