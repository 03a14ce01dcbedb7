import { Random } from "@sequitur/core";
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";
import { behaviourSchema, openWorld, policyServer, simulation, worldSchema, type World } from "../src/index.js";
import { randomPolicy } from "../src/policies.fixture.js";

/** Slate requests of each case; SEQUITUR_BENCH_REQUESTS makes it a quick try. */
const REQUESTS = Number(process.env["SEQUITUR_BENCH_REQUESTS"] ?? 1_000_000);
const DAYS = 60;
const print = (text: string): boolean => process.stdout.write(`${text}\n`);

interface Case {
  readonly name: string;
  readonly world: object;
  readonly clicks: string;
  readonly regret: boolean;
}

const CASES: readonly Case[] = [
  { name: "latent, multinomial", world: { kind: "latent" }, clicks: "multinomial", regret: false },
  { name: "latent, dynamic Bayesian", world: { kind: "latent" }, clicks: "dynamic-bayesian", regret: false },
  { name: "latent, multinomial, regret", world: { kind: "latent" }, clicks: "multinomial", regret: true },
  { name: "city of 1,500 places, multinomial", world: { kind: "city" }, clicks: "multinomial", regret: false },
];

async function worldOf(settings: object): Promise<World> {
  // About half a visit a user a day, some users joining late.
  const users = Math.ceil(REQUESTS / (DAYS * 0.43));
  return openWorld(worldSchema.parse(settings), { users, days: DAYS, seed: 1 });
}

async function measure({ name, world: settings, clicks, regret }: Case) {
  const started = process.cpuUsage();
  const world = await worldOf(settings);
  const worldSeconds = secondsSince(started);
  const behaviour = behaviourSchema.parse({ clicks });
  const course = simulation(world, { behaviour, k: 10, regret, random: new Random(1) });
  let [requests, expected, clicked] = [0, 0, 0];
  const running = process.cpuUsage();
  const wall = performance.now();
  await course.run(policyServer(randomPolicy(world.catalog.items.size)), DAYS, (showing) => {
    requests++;
    expected += showing.expected;
    for (const click of showing.clicked) clicked += click;
  });
  const cpuSeconds = secondsSince(running);
  // The clicks that were drawn must be those that the closed forms expect.
  if (Math.abs(clicked - expected) > 5 * Math.sqrt(expected))
    throw new Error(`${name}: ${clicked} clicks, ${expected} expected`);
  const wallSeconds = (performance.now() - wall) / 1000;
  return {
    name,
    requests,
    users: world.catalog.users.size,
    worldCpuSeconds: worldSeconds,
    cpuSeconds,
    wallSeconds,
    requestsPerCpuSecond: Math.round(requests / cpuSeconds),
    peakMegabytes: Math.round(process.resourceUsage().maxRSS / 1024),
  };
}

function secondsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

const results = [];
for (const one of CASES) {
  const result = await measure(one);
  results.push(result);
  print(
    `${result.name}: ${result.requests} requests of 10 positions in ${result.cpuSeconds.toFixed(1)} s CPU ` +
      `(${result.requestsPerCpuSecond}/s), world ${result.worldCpuSeconds.toFixed(1)} s, peak so far ${result.peakMegabytes} MB`,
  );
}
const folder = join(import.meta.dirname, "results");
mkdirSync(folder, { recursive: true });
const about = {
  machine: `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`,
  node: process.version,
  commit: execFileSync("git", ["rev-parse", "HEAD"], { encoding: "utf8" }).trim(),
  load: loadavg()[0],
};
writeFileSync(join(folder, "simulator.json"), `${JSON.stringify({ ...about, results }, null, 2)}\n`);
