import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CLICKS, jsonLines, slateRows, testFolder, type LogRow } from "./estimate.fixture.js";
import { estimate } from "./estimate.js";
import { parseSettings } from "./settings.js";
import { summaryText } from "./summary-text.js";

async function estimated(rows: readonly object[], fields: Record<string, unknown>) {
  const folder = await testFolder();
  const log = await jsonLines(folder, rows);
  const out = join(folder, "out");
  const report = await estimate(parseSettings({ log, ...fields }, "test"), { out, now: () => 0 });
  return { report, out };
}

const single = (rows: readonly LogRow[]): LogRow[] => rows.filter(({ position }) => position === 0);
/** Clicks of a uniform slate of three of the six items. */
const UNIFORM = (3 * CLICKS.reduce((sum, chance) => sum + chance, 0)) / CLICKS.length;

describe("estimate", () => {
  it("recovers the value of the uniform policy by every estimator of slates, and says yes", async () => {
    const { report, out } = await estimated(slateRows(8000, "uniform"), { policies: ["random"] });
    const [policy] = report.policies;
    expect(policy!.verdict).toEqual({ answer: "yes", reasons: [] });
    expect(report.log).toMatchObject({ unit: "slate", slates: 8000, places: 24000, positions: 3, items: 6 });
    const { naive, ...estimates } = Object.fromEntries(policy!.estimates.map((row) => [row.estimator, row]));
    expect(Object.keys(estimates).length).toBe(12);
    for (const row of Object.values(estimates)) {
      // Positions are not filled independently, which the factored pseudo-inverse assumes, and cut weights are biased.
      if (["pi", "clipped-ips", "switch-dr", "dm"].includes(row.estimator)) continue;
      expect(row.low!).toBeLessThan(UNIFORM);
      expect(row.high!).toBeGreaterThan(UNIFORM);
    }
    expect(naive!.high!).toBeLessThan(UNIFORM);
    expect(policy!.model!.skill).toBeGreaterThan(0.05);
    expect(existsSync(join(out, "report.json"))).toBe(true);
    expect(await readFile(join(out, "report.html"), "utf8")).toContain("Can this log answer the question? yes.");
    expect(summaryText(report)).toContain("random: can this log answer the question? yes");
  });

  it("recovers the value of a greedy policy, fitted on the first part of the log, by whole slates and by position", async () => {
    const { report } = await estimated(slateRows(8000, "greedy"), {
      policies: ["greedy:popularity"],
      estimators: ["ips", "slate-ips", "rips", "cascade-dr", "dr"],
      fitShare: 0.25,
    });
    const [policy] = report.policies;
    expect(report.log.fitSlates).toBe(2000);
    expect(policy!.slates).toBe(6000);
    // Of all clicks most are on the items 5, 3 and 4, in whichever order.
    const truth = CLICKS[5] + CLICKS[3] + CLICKS[4];
    for (const row of policy!.estimates) {
      expect(Math.abs(row.value! - truth)).toBeLessThan(4 * row.standardError!);
    }
  });

  it("counts by shown item and refuses slate estimators by name where rows are not grouped", async () => {
    const rows = single(slateRows(4000, "single")).map((row) => ({ ...row, slate: undefined }));
    const { report } = await estimated(rows, { policies: ["random"], estimators: ["ips", "rips"] });
    expect(report.log.unit).toBe("shown item");
    const [policy] = report.policies;
    const [row] = policy!.estimates;
    const truth = UNIFORM / 3;
    expect(row!.low!).toBeLessThan(truth);
    expect(row!.high!).toBeGreaterThan(truth);
    expect(policy!.skipped).toEqual([
      { estimator: "rips", reason: expect.stringContaining("needs whole slates") as string },
    ]);
  });

  it("reads a policy's probabilities from the log, and leaves out estimators that need every item's", async () => {
    const rows = slateRows(3000, "column").map((row) => ({
      ...row,
      evaluation: row.propensity,
      evaluation_conditional: row.conditional,
    }));
    const { report } = await estimated(rows, { policies: ["column"], estimators: ["naive", "ips", "rips", "dr"] });
    const [policy] = report.policies;
    const [naive, ips, rips] = policy!.estimates;
    expect(ips!.value).toBeCloseTo(naive!.value!, 9);
    expect(rips!.value).toBeCloseTo(naive!.value!, 9);
    expect(policy!.skipped[0]!.reason).toContain("probability of every item");
  });

  it("approximates a policy by the mean propensities of its own log", async () => {
    const folder = await testFolder();
    const other = await jsonLines(folder, slateRows(2000, "other"));
    const { report } = await estimated(slateRows(3000, "table"), {
      policies: [`table:${other}`],
      estimators: ["naive", "ips"],
    });
    const [naive, ips] = report.policies[0]!.estimates;
    expect(ips!.value).toBeCloseTo(naive!.value!, 6);
  });
});

describe("logs that cannot answer", () => {
  const verdictOf = async (rows: readonly object[], policies = ["random"]) => {
    const { report } = await estimated(rows, { policies });
    return { ...report.policies[0]!.verdict, policy: report.policies[0]! };
  };

  it.each([
    ["null", null],
    ["NaN", "NaN"],
    ["nothing", ""],
  ])("unknown propensities written as %s are never taken as certain", async (_, unknown) => {
    const rows = slateRows(200, "unknown").map((row) => ({ ...row, propensity: unknown, conditional: unknown }));
    const { answer, reasons, policy } = await verdictOf(rows);
    expect(answer).toBe("no");
    expect(reasons[0]).toContain("No propensity of this log is known");
    expect(policy.estimates.map(({ estimator }) => estimator)).toEqual(["naive"]);
  });

  it("uses whole slates where only the conditionals are known", async () => {
    const rows = slateRows(4000, "conditional").map((row) => ({ ...row, propensity: null }));
    const { answer, policy } = await verdictOf(rows);
    expect(answer).toBe("yes");
    const rips = policy.estimates.find(({ estimator }) => estimator === "rips")!;
    expect(rips.low!).toBeLessThan(UNIFORM);
    expect(rips.high!).toBeGreaterThan(UNIFORM);
  });

  it("leaves out slates with some unknown propensities and says how many", async () => {
    const rows = slateRows(4000, "some").map((row, place) => (place % 30 < 3 ? { ...row, propensity: null } : row));
    const { answer, reasons, policy } = await verdictOf(rows);
    expect(answer).toBe("with care");
    expect(reasons.join(" ")).toContain("10.0 % of the slates");
    expect(policy.known).toBe(3600);
  });

  it("names conditional probabilities that were logged as propensities", async () => {
    const rows = slateRows(4000, "mixed up").map((row) => ({ ...row, propensity: row.conditional }));
    const { answer, reasons } = await verdictOf(rows);
    expect(answer).toBe("no");
    expect(reasons.join(" ")).toContain("propensities are too large");
  });

  it("finds no support for a policy that shows what was never logged", async () => {
    const rows = slateRows(500, "support").map((row) => ({ ...row, evaluation: 0, evaluation_conditional: 0 }));
    const { answer, reasons, policy } = await verdictOf(rows, ["column"]);
    expect(answer).toBe("no");
    expect(reasons.join(" ")).toContain("No overlap");
    expect(policy.estimates.find(({ estimator }) => estimator === "ips")!.value).toBeNull();
  });

  it.each([1, 5])("does not judge by %i slates", async (slates) => {
    const { answer, reasons, policy } = await verdictOf(slateRows(slates, "few"));
    expect(answer).toBe("no");
    expect(reasons.join(" ")).toMatch(/independent units|known/);
    expect(policy.estimates.every(({ low }) => low === null)).toBe(true);
  });

  it.each([
    [{ propensity: 0 }, /line 1: expected a propensity in \(0, 1\], or nothing where it is unknown, got 0/],
    [{ propensity: 1.2 }, /expected a propensity/],
    [{ click: "yes" }, /expected a number in column click/],
    [{ position: -1 }, /expected a position from 0 on/],
    [{ item: "" }, /expected an id in column item/],
    [{ time: "soon" }, /expected an instant/],
  ])("refuses %o by its line", async (change, message) => {
    const rows = slateRows(20, "bad").map((row, place) => (place === 0 ? { ...row, ...change } : row));
    await expect(estimated(rows, { policies: ["random"] })).rejects.toThrow(message);
  });

  it("refuses an item twice in a slate, a log out of order for a model, and columns that are not there", async () => {
    const twice = slateRows(5, "twice").map((row) => ({ ...row, item: "i1" }));
    await expect(estimated(twice, { policies: ["random"] })).rejects.toThrow(/must be distinct, got item i1/);
    const backwards = slateRows(50, "back").map((row) => ({ ...row, time: -row.time! }));
    await expect(estimated(backwards, { policies: ["greedy:popularity"] })).rejects.toThrow(/in order of time/);
    const map = { reward: "clack" };
    await expect(estimated(slateRows(5, "map"), { policies: ["random"], map })).rejects.toThrow(/did you mean "click"/);
    expect(() => parseSettings({ log: "x", policies: ["random"], estimators: ["ipz"] }, "test")).toThrow(/estimators/);
  });
});
