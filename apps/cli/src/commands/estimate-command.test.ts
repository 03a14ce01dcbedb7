import { openStore, recordFeedback, recordRequests, type Impression, type RequestRecord } from "@sequitur/store";
import { Random } from "@sequitur/core";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testIo } from "../io.fixture.js";
import { main } from "../main.js";

const START = Date.UTC(2026, 4, 1);
const MINUTE = 60_000;
/** Chance of a click on each of three items, and how often the logging policy shows it alone in a slate. */
const CLICKS = [0.1, 0.3, 0.6] as const;
const SHOWN = [0.6, 0.3, 0.1] as const;
const UNIFORM = (0.1 + 0.3 + 0.6) / 3;

let folder: string;

interface Answer {
  readonly propensityKind: Impression["propensityKind"];
  readonly noise: number;
  readonly from: number;
  readonly count: number;
}

/** Slates of one item each, of users of their own. */
function answers({ propensityKind, noise, from, count }: Answer): { requests: RequestRecord[]; clicked: string[] } {
  const random = new Random(`answers ${propensityKind}`);
  const clicked: string[] = [];
  const requests = Array.from({ length: count }, (_, at): RequestRecord => {
    const draw = random.uniform();
    const item = draw < SHOWN[0] ? 0 : draw < SHOWN[0] + SHOWN[1] ? 1 : 2;
    const requestId = `00000000-0000-4000-8000-${(from + at).toString().padStart(12, "0")}`;
    if (random.uniform() < CLICKS[item]) clicked.push(requestId);
    const known = { propensity: SHOWN[item], conditional: SHOWN[item] };
    const impression: Impression = {
      itemId: `i${item}`,
      position: 0,
      policy: "weights",
      propensityKind,
      ...(propensityKind !== "unknown" && known),
      ...(propensityKind === "estimated" && { standardError: noise * SHOWN[item] }),
    };
    return {
      requestId,
      userId: `u${from + at}`,
      time: START + (from + at) * MINUTE,
      kind: "slates",
      impressions: [impression],
    };
  });
  return { requests, clicked };
}

async function estimated(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const io = testIo({ now: () => START + 1e9 });
  const dir = join(folder, "shop");
  const out = join(folder, "out");
  const code = await main(["estimate", "--dir", dir, "--out", out, "--policy", "random", "--quiet", ...argv], io);
  return { code, out: io.stdout.text(), err: io.stderr.text() };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sequitur-estimate-"));
  const io = testIo({ now: () => START });
  await main(
    [
      "import",
      "--data",
      "city",
      "--option",
      "size=tiny,users=5,places=20,months=1",
      "--dir",
      join(folder, "shop"),
      "--quiet",
    ],
    io,
  );
  const store = await openStore({ folder: join(folder, "shop", "db"), clock: () => START + 1e9 });
  try {
    for (const part of [
      answers({ propensityKind: "unknown", noise: 0, from: 0, count: 200 }),
      answers({ propensityKind: "exact", noise: 0, from: 1000, count: 1500 }),
      answers({ propensityKind: "estimated", noise: 0.25, from: 3000, count: 500 }),
    ]) {
      await recordRequests(store, part.requests);
      const time = new Map(part.requests.map((request) => [request.requestId, request]));
      await recordFeedback(
        store,
        part.clicked.map((requestId) => {
          const { time: at, impressions } = time.get(requestId)!;
          return { feedbackId: requestId, requestId, itemId: impressions[0]!.itemId, kind: "click", time: at + 1000 };
        }),
      );
    }
  } finally {
    await store.close();
  }
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Written {
  log: { slates: number; knownPropensities: number; estimated: { slates: number; relativeError: number } };
  policies: {
    verdict: { answer: string; reasons: string[] };
    estimates: { estimator: string; low: number; high: number }[];
  }[];
}

function ips(report: Written): { low: number; high: number } {
  return report.policies[0]!.estimates.find(({ estimator }) => estimator === "ips")!;
}

describe("estimate --from-store", { timeout: 60_000 }, () => {
  test("recovers the value of a policy, counts what is unknown and warns of what is estimated", async () => {
    const { code, out, err } = await estimated("--from-store", "--json");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const report = JSON.parse(out) as Written;
    expect(report.log).toMatchObject({ slates: 2200, knownPropensities: 2000, estimated: { slates: 500 } });
    expect(report.log.estimated.relativeError).toBeCloseTo(0.25, 10);
    const { verdict } = report.policies[0]!;
    expect(verdict.answer).toBe("with care");
    expect(verdict.reasons.join("\n")).toMatch(/9\.1 % of the slates have unknown propensities/);
    expect(verdict.reasons.join("\n")).toMatch(/500 slates are estimates, 25 % off/);
    expect(ips(report).low).toBeLessThan(UNIFORM);
    expect(ips(report).high).toBeGreaterThan(UNIFORM);
  });

  test("reads a period only, says yes where all is exact, and is repeated by its report", async () => {
    const since = new Date(START + 1000 * MINUTE).toISOString();
    const before = new Date(START + 3000 * MINUTE).toISOString();
    const first = await estimated("--from-store", "--since", since, "--before", before, "--json");
    const report = JSON.parse(first.out) as Written;
    expect(report.log).toMatchObject({ slates: 1500, knownPropensities: 1500, estimated: { slates: 0 } });
    expect(report.policies[0]!.verdict).toEqual({ answer: "yes", reasons: [] });
    const again = await estimated("--config", join(folder, "out", "report.json"), "--json");
    expect((JSON.parse(again.out) as Written).policies).toEqual(report.policies);
    expect(await readFile(join(folder, "out", "report.html"), "utf8")).toContain("the store");
  });

  test("refuses a log without any known propensity, with the reason", async () => {
    const before = new Date(START + 1000 * MINUTE).toISOString();
    const { out } = await estimated("--from-store", "--before", before);
    expect(out).toContain("can this log answer the question? no");
    expect(out).toContain("No propensity of this log is known");
  });

  test.each([
    [["--from-store", "--log", "x.csv"], /--log reads a file and --from-store is of the store/],
    [["--since", "2026-05-01"], /--since is of the store: expected --from-store/],
    [["--from-store", "--since", "yesterday"], /since/],
    [["--from-store", "--endpoints", "none"], /the store: expected shown items, got none/],
    [[], /expected a log: either a file \(log\) or the store \(store\), got neither/],
  ])("refuses %j", async (argv, message) => {
    const { code, err } = await estimated(...argv);
    expect(code).not.toBe(0);
    expect(err).toMatch(message);
  });
});
