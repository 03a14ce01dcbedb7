import { Random } from "@sequitur/core";
import { expect, test } from "vitest";
import { meanInterval, pairedTest } from "../src/index.js";

const print = (text: string): boolean => process.stdout.write(`${text}\n`);
const EXPERIMENTS = 4000;
const SIZES = [10, 20, 50, 200, 1000];

/** A gain of NDCG's kind: found with this probability, at one of the first ten places. */
const gain = (rate: number) => (random: Random) =>
  random.uniform() < rate ? 1 / Math.log2(2 + random.integer(10)) : 0;
const meanGain = Array.from({ length: 10 }, (_, i) => 1 / Math.log2(2 + i) / 10).reduce((sum, value) => sum + value, 0);
const hit = (rate: number) => (random: Random) => Number(random.uniform() < rate);
const ITEMS = 1000;
const harmonic = Array.from({ length: ITEMS }, (_, i) => 1 / (i + 1)).reduce((sum, value) => sum + value, 0);

interface Kind {
  readonly name: string;
  readonly truth: number;
  readonly draw: (random: Random) => number;
}

const MEANS: readonly Kind[] = [
  { name: "normal", truth: 0, draw: (random) => random.normal() },
  { name: "hit rate 1 %", truth: 0.01, draw: hit(0.01) },
  { name: "hit rate 5 %", truth: 0.05, draw: hit(0.05) },
  { name: "hit rate 30 %", truth: 0.3, draw: hit(0.3) },
  { name: "NDCG@10, 10 % found", truth: 0.1 * meanGain, draw: gain(0.1) },
  { name: "NDCG@10, 1 % found", truth: 0.01 * meanGain, draw: gain(0.01) },
  {
    name: "uncut MRR of a random order of 1,000",
    truth: harmonic / ITEMS,
    draw: (random) => 1 / (1 + random.integer(ITEMS)),
  },
];

function coverage({ truth, draw }: Kind, size: number): number {
  const random = new Random(`${size}`);
  let covered = 0;
  for (let experiment = 0; experiment < EXPERIMENTS; experiment++) {
    const { low, high } = meanInterval(Float64Array.from({ length: size }, () => draw(random)));
    if (low <= truth && truth <= high) covered++;
  }
  return covered / EXPERIMENTS;
}

const percent = (share: number): string => (100 * share).toFixed(1);

test("coverage of the 95 % intervals", () => {
  print(`| 95 % interval of a mean covers, % | ${SIZES.join(" | ")} |`);
  const table = MEANS.map((kind) => {
    const found = SIZES.map((size) => coverage(kind, size));
    print(`| ${kind.name} | ${found.map(percent).join(" | ")} |`);
    return found;
  });
  // The last row is the one that no sample can know.
  expect(Math.min(...table.slice(0, -1).flat())).toBeGreaterThan(0.93);
  expect(Math.max(...table[0]!)).toBeLessThan(0.97);
}, 600_000);

const PAIRS: readonly Kind[] = [
  { name: "normal", truth: 0, draw: (random) => random.normal() },
  { name: "hits, 1 % each", truth: 0, draw: (random) => hit(0.01)(random) - hit(0.01)(random) },
  { name: "hits, 30 % each", truth: 0, draw: (random) => hit(0.3)(random) - hit(0.3)(random) },
  { name: "NDCG@10, 20 % found each", truth: 0, draw: (random) => gain(0.2)(random) - gain(0.2)(random) },
];

test("level and coverage of the paired test without a difference", () => {
  const sizes = SIZES.slice(0, 4);
  print(`| paired, no difference: rejected at 5 % / interval covers, % | ${sizes.join(" | ")} |`);
  for (const { name, draw } of PAIRS) {
    const cells = sizes.map((size) => {
      const random = new Random(`paired ${size}`);
      let [rejected, covered] = [0, 0];
      for (let experiment = 0; experiment < 2000; experiment++) {
        const a = Float64Array.from({ length: size }, () => draw(random));
        const found = pairedTest(a, new Float64Array(size), { random, resamples: 499 });
        rejected += Number(found.pValue <= 0.05);
        covered += Number(found.low <= 0 && 0 <= found.high);
      }
      expect(rejected / 2000).toBeLessThan(0.066);
      expect(covered / 2000).toBeGreaterThan(0.93);
      return `${percent(rejected / 2000)} / ${percent(covered / 2000)}`;
    });
    print(`| ${name} | ${cells.join(" | ")} |`);
  }
}, 600_000);
