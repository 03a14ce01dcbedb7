import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { chown, mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { Client } from "pg";
import { PlatformError } from "@sequitur/core";

const run = promisify(execFile);

/** A PostgreSQL server of our own on loopback, for tests, benches and trying things out; its data is thrown away. */
export interface OwnServer {
  /** Of the database "postgres", as its superuser. */
  readonly url: string;
  readonly version: string;
  /** kill -9 of the server and everything it started, as a crash would. The data folder stays. */
  crash(): Promise<void>;
  /** Starts it again on the same port and data, after `crash`. */
  restart(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

/** The folder with `initdb` and `postgres`: $PG_BIN, then PATH, then where Debian puts them; undefined when nowhere. */
export function findPostgres(env: NodeJS.ProcessEnv): string | undefined {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...(env["PG_BIN"] === undefined ? [] : [env["PG_BIN"]]),
    ...(env["PATH"] ?? "").split(delimiter),
    ...versions.map((version) => `${debian}/${version}/bin`),
  ];
  return folders.find((folder) => ["initdb", "postgres"].every((name) => existsSync(join(folder, name))));
}

/**
 * Makes a database cluster in a temporary folder and starts a server on a free port. It is made for tests: no fsync, so
 * that it survives its own crash but not the machine's; with `durable` it syncs, for honest timings. The server ends
 * when this process does, however it ends. As root it runs as nobody, since it refuses root.
 */
export async function startPostgres(
  binaries: string,
  options: { readonly durable?: boolean; readonly parent?: string } = {},
): Promise<OwnServer> {
  const folder = await mkdtemp(join(options.parent ?? tmpdir(), "sequitur-postgres-"));
  const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  if (user.uid !== undefined) await chown(folder, user.uid, user.gid);
  const data = join(folder, "data");
  const initdb = ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"];
  await run(join(binaries, "initdb"), initdb, { ...user, cwd: folder });
  const port = await freePort();
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  let running = await launch(binaries, data, port, user, options.durable ?? false);
  const version = await waitUntilReady(url, running);
  return {
    url,
    version,
    crash: async () => {
      // The children get it first, so that none of them lives on to hold the shared memory.
      const pid = Number((await readFile(join(data, "postmaster.pid"), "utf8")).split("\n")[0]);
      const { stdout } = await run("ps", ["-o", "pid=", "--ppid", String(pid)]).catch(() => ({ stdout: "" }));
      for (const victim of [pid, ...stdout.split(/\s+/).filter(Boolean).map(Number)]) kill(victim);
      await ended(running);
    },
    restart: async () => {
      running = await launch(binaries, data, port, user, options.durable ?? false);
      await waitUntilReady(url, running);
    },
    stop: async () => {
      running.stdin?.end();
      await ended(running);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * A shell waits for the end of its input, which comes when this process ends in any way, and then ends the server and
 * removes its folder. When the server ends by itself the folder stays.
 */
async function launch(
  binaries: string,
  data: string,
  port: number,
  user: { uid?: number; gid?: number },
  durable: boolean,
): Promise<ChildProcess> {
  const settings = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    port,
    fsync: durable ? "on" : "off",
    max_connections: 100,
    max_locks_per_transaction: 256,
    shared_buffers: "256MB",
    max_wal_size: "2GB",
    log_min_messages: "fatal",
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const script =
    'exec 3<&0; "$0" "$@" & server=$!; (cat <&3 >/dev/null; : >../stopping; kill -INT $server) & watcher=$!; ' +
    'wait $server; kill $watcher 2>/dev/null; if [ -e ../stopping ]; then rm -rf "${PWD%/data}"; fi';
  const shell = spawn("sh", ["-c", script, join(binaries, "postgres"), "-D", data, ...flags], {
    ...user,
    cwd: data,
    stdio: ["pipe", "ignore", "pipe"],
  });
  shell.once("exit", () => shell.stdin?.end());
  return shell;
}

async function waitUntilReady(url: string, server: ChildProcess): Promise<string> {
  let log = "";
  server.stderr?.on("data", (chunk: Buffer) => (log += chunk.toString()));
  for (let attempt = 0; attempt < 600; attempt++) {
    const client = new Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
    client.on("error", () => {});
    try {
      await client.connect();
      const { rows } = await client.query<{ server_version: string }>("show server_version");
      return rows[0]!.server_version;
    } catch {
      if (server.exitCode !== null) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    } finally {
      await client.end().catch(() => {});
    }
  }
  throw new PlatformError("unavailable", `the PostgreSQL server did not start: ${log.slice(-1_000)}`);
}

async function ended(server: ChildProcess): Promise<void> {
  if (server.exitCode === null && server.signalCode === null) {
    await new Promise((resolve) => server.once("exit", resolve));
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended already.
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
