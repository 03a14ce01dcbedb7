import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { testIo } from "../io.fixture.js";
import { main } from "../main.js";

async function run(...argv: string[]) {
  const io = testIo();
  const code = await main(["simulate", ...argv], io);
  return { code, out: io.stdout.text(), err: io.stderr.text() };
}

test("flags, a config file and a report say the same things, and the report gives the same numbers again", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sequitur-cli-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const out = join(folder, "one");
  const flags = [
    "--world",
    "latent:items=20,groups=4",
    "--arms",
    "random",
    "--users",
    "30",
    "--days",
    "2",
    "--slate",
    "3",
  ];
  const more = [
    "--seeds",
    "1",
    "--warmup",
    "days=1,policy=random",
    "--clicks",
    "cascade:persistence=0.5",
    "--behaviour",
    "fatigue=0",
  ];
  const first = await run(...flags, ...more, "--set", "arms.random.label=any", "--no-regret", "--out", out, "--quiet");
  expect(first).toMatchObject({ code: 0, err: "" });
  expect(first.out).toMatch(/^any +0\.\d{4} .*control/m);
  expect(first.out).toContain(join(out, "report.html"));
  const report = JSON.parse(await readFile(join(out, "report.json"), "utf8")) as { config: object; arms: object[] };
  expect(report.config).toMatchObject({
    world: { kind: "latent", items: 20, groups: 4 },
    arms: [{ name: "random", label: "any" }],
    behaviour: { clicks: { kind: "cascade", persistence: 0.5 }, fatigue: 0 },
    warmup: { days: 1, policy: { name: "random" } },
    regret: false,
  });
  const cut = join(folder, "cut.json");
  await writeFile(cut, JSON.stringify({ ...report, arms: [{ label: "any" }] }));
  const refused = await run("--config", cut, "--out", join(folder, "three"));
  expect(refused).toMatchObject({ code: 1, out: "" });
  expect(refused.err).toContain(`${cut}: expected a report of format sequitur-simulation/1: arms.0.name: `);
  const again = await run("--config", join(out, "report.json"), "--out", join(folder, "two"), "--json", "--quiet");
  expect((JSON.parse(again.out) as { arms: object[] }).arms).toEqual(report.arms);
}, 60_000);

test.each([
  [["--arms", "gredy:popularity"], 1, "did you mean greedy"],
  [["--users", "many"], 2, 'Expected a number, got "many"'],
  [["--world", "mars"], 2, "world"],
  [["--set", "behaviour.fatige=1"], 2, 'did you mean "fatigue"'],
  [["--arms", "api"], 2, "needs api.url"],
])("%j is one line", async (argv, code, message) => {
  const end = await run(...argv, "--out", join(tmpdir(), "sequitur-never"));
  expect(end).toMatchObject({ code, out: "" });
  expect(end.err).toContain(message);
  expect(end.err.trim().split("\n")).toHaveLength(1);
});
