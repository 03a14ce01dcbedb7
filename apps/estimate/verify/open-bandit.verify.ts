import { existsSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { estimate, parseSettings, summaryText } from "../src/index.js";

const print = (text: string): boolean => process.stdout.write(`${text}\n`);
const local = resolve(process.env["SEQUITUR_DATASETS"] ?? resolve(import.meta.dirname, "../../../../shared/datasets"));
const folder = join(local, "open-bandit-women");
const fileOf = (policy: string): string => join(folder, policy, "women", "women.csv.gz");

describe.skipIf(!existsSync(folder))(
  "Open Bandit, women (SEQUITUR_DATASETS or ../shared/datasets; skipped without)",
  () => {
    test.each([
      ["random", "bts", ["yes"]],
      ["bts", "random", ["no", "with care"]],
    ] as const)("from the log of %s, the click rate of %s", async (logged, evaluated, answers) => {
      const settings = (log: string, policy: string) => parseSettings({ log, policies: [policy] }, "verify");
      const out = await mkdtemp(join(tmpdir(), "open-bandit-"));
      const report = await estimate(settings(fileOf(logged), `table:${fileOf(evaluated)}`), { out });
      const observed = await estimate(settings(fileOf(evaluated), "random"), { out });
      const [policy] = report.policies;
      const rate = observed.policies[0]!.estimates.find(({ estimator }) => estimator === "naive")!;
      print(`\nfrom ${logged} to ${evaluated}; observed ${rate.value} (${rate.low} to ${rate.high})`);
      print(summaryText(report));
      expect(answers).toContain(policy!.verdict.answer);
      const apart = policy!.estimates.filter(
        ({ low, high }) => low !== null && high !== null && (high < rate.low! || low > rate.high!),
      );
      expect(apart.map(({ estimator }) => estimator)).toEqual([]);
    });
  },
);
