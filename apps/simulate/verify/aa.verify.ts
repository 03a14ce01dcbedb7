import { shareInterval } from "@sequitur/metrics";
import { expect, test } from "vitest";
import { readAsAbTest } from "../src/analysis/ab-reading.js";
import { fixedServer, simulatedPiece, smallSettings } from "../src/analysis/piece.fixture.js";

const EXPERIMENTS = 1_000;
const settings = smallSettings({
  users: 400,
  days: 30,
  slate: 6,
  world: { kind: "latent", items: 30, visitsPerDay: 0.4 },
});

test("A/A: 1,000 experiments, each on people of its own, looked at every day", { timeout: 1_200_000 }, async () => {
  const counts = { "always-valid test": 0, "t test at every look": 0, "t test at the end only": 0 };
  for (let seed = 0; seed < EXPERIMENTS; seed++) {
    const piece = await simulatedPiece(fixedServer(0), settings, seed);
    const arms = new Map([
      ["a", [piece]],
      ["b", [piece]],
    ]);
    const { path, stoppedOn } = readAsAbTest(arms, "a", settings).readings.get("b")!;
    if (stoppedOn !== null) counts["always-valid test"]++;
    if (path.some(({ naivePValue }) => naivePValue <= 0.05)) counts["t test at every look"]++;
    if (path.at(-1)!.naivePValue <= 0.05) counts["t test at the end only"]++;
  }
  for (const [name, count] of Object.entries(counts)) {
    const { low, high } = shareInterval(count, EXPERIMENTS);
    const [share, from, to] = [count / EXPERIMENTS, low, high].map((value) => (100 * value).toFixed(1));
    process.stdout.write(`${name}: ${share} % (${from} - ${to})\n`);
  }
  expect(counts["always-valid test"]).toBeLessThanOrEqual(0.05 * EXPERIMENTS);
  expect(counts["t test at every look"]).toBeGreaterThan(0.1 * EXPERIMENTS);
  // One look at the end holds its level, as far as so many experiments can tell.
  const last = shareInterval(counts["t test at the end only"], EXPERIMENTS, 0.999);
  expect(last.low).toBeLessThan(0.05);
  expect(last.high).toBeGreaterThan(0.05);
});
