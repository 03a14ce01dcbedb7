import { alwaysValidPath, differenceOfRatios, mixingVariance, ratioEstimate } from "@sequitur/metrics";
import { describe, expect, test } from "vitest";
import type { Piece } from "../piece.js";
import { assignedArm, readAsAbTest } from "./ab-reading.js";
import { fixedServer, simulatedPiece, smallSettings } from "./piece.fixture.js";

const settings = smallSettings({ users: 320, days: 14 });

describe("A/A with a look every day", () => {
  test(
    "of 1,000 experiments the always-valid test stops at most 5 %, the t test many more",
    { timeout: 240_000 },
    async () => {
      const worlds = 5;
      const pieces: Piece[] = [];
      for (let seed = 0; seed < worlds; seed++) pieces.push(await simulatedPiece(fixedServer(0), settings, seed));
      let [valid, naive, lastOnly, ratio] = [0, 0, 0, 0];
      for (let experiment = 0; experiment < 1000; experiment++) {
        // The seed draws who is in which arm; both arms show the same.
        const piece = { ...pieces[experiment % worlds]!, seed: experiment };
        const arms = new Map([
          ["a", [piece]],
          ["b", [piece]],
        ]);
        const { readings, sampleRatio } = readAsAbTest(arms, "a", settings);
        const { path, stoppedOn } = readings.get("b")!;
        expect(path.length).toBeGreaterThan(5);
        if (stoppedOn !== null) valid++;
        if (path.some(({ naivePValue }) => naivePValue <= 0.05)) naive++;
        if (path.at(-1)!.naivePValue <= 0.05) lastOnly++;
        if (sampleRatio!.mismatch) ratio++;
      }
      expect(valid).toBeLessThanOrEqual(50);
      expect(naive).toBeGreaterThan(80);
      expect(naive).toBeGreaterThan(1.5 * lastOnly);
      // One look at the end holds its level, and the alarm of the sample ratio its own of 0.001.
      expect(Math.abs(lastOnly - 50)).toBeLessThan(30);
      expect(ratio).toBeLessThan(6);
    },
  );
});

describe("reading two arms", () => {
  test("finds a difference that is there, on the users of each arm alone, with intervals by the delta method", async () => {
    const world = smallSettings({ users: 1500 });
    const [control, arm] = [await simulatedPiece(fixedServer(0), world, 1), await simulatedPiece("oracle", world, 1)];
    const arms = new Map([
      ["control", [control]],
      ["arm", [arm]],
    ]);
    const { readings, power } = readAsAbTest(arms, "control", world);
    const sums = (piece: Piece, which: number) => {
      const byUser = new Map<number, [number, number]>();
      piece.user.forEach((user, row) => {
        if (piece.day[row]! < 4 || assignedArm(1, user, 2) !== which) return;
        const [clicks, slates] = byUser.get(user) ?? [0, 0];
        byUser.set(user, [clicks + piece.clicks[row]!, slates + 1]);
      });
      return {
        numerators: Float64Array.from(byUser.values(), ([clicks]) => clicks),
        denominators: Float64Array.from(byUser.values(), ([, slates]) => slates),
      };
    };
    const [c, t] = [sums(control, 0), sums(arm, 1)];
    const expected = differenceOfRatios(c, t);
    const { effect, path, users, stoppedOn, segments, heterogeneityPValue } = readings.get("arm")!;
    expect(users).toBe(t.numerators.length);
    expect(effect!.difference).toBeCloseTo(expected.difference, 12);
    expect(effect!.pValue).toBeCloseTo(expected.pValue, 12);
    expect(path.at(-1)!.difference).toBeCloseTo(expected.difference, 12);
    expect(path.at(-1)!.low).toBeLessThan(expected.low);
    expect(effect!.pValue).toBeLessThan(1e-6);
    expect(stoppedOn).toBeLessThan(20);
    // The fixed slate pleases those near its groups nearly as much, and nobody else.
    expect(segments.length).toBeGreaterThan(5);
    expect(heterogeneityPValue!).toBeLessThan(0.01);
    expect(power!.detectable).toBeLessThan(Math.abs(expected.relative));
    expect(power!.needed).toBeGreaterThan(100);
  });

  test("every interval, the always-valid test and the power follow alpha", async () => {
    const of = (alpha: number) => smallSettings({ users: 1500, alpha });
    const [control, arm] = [
      await simulatedPiece(fixedServer(0), of(0.05), 1),
      await simulatedPiece("oracle", of(0.05), 1),
    ];
    const arms = new Map([
      ["control", [control]],
      ["arm", [arm]],
    ]);
    const [strict, loose] = [0.05, 0.1].map((alpha) => readAsAbTest(arms, "control", of(alpha)));
    const [a, b] = [strict!.readings.get("arm")!, loose!.readings.get("arm")!];
    // Quantiles of the standard normal: 1 - alpha/2, and the power of 0.8.
    const [z, zStrict, zPower] = [1.644854, 1.959964, 0.841621];
    const width = ({ low, high }: { low: number; high: number }) => high - low;
    expect(width(b.effect!) / width(a.effect!)).toBeCloseTo(z / zStrict, 6);
    expect(b.segments.length).toBe(a.segments.length);
    for (const [i, segment] of b.segments.entries()) {
      expect(width(segment) / width(a.segments[i]!)).toBeCloseTo(z / zStrict, 1);
    }
    expect(width(b.path.at(-1)!)).toBeLessThan(width(a.path.at(-1)!));
    expect(b.stoppedOn).toBe(b.path.find(({ pValue }) => pValue <= 0.1)!.day);
    const detected = loose!.power!.detectable / strict!.power!.detectable;
    expect(detected).toBeCloseTo((z + zPower) / (zStrict + zPower), 2);
    expect(loose!.power!.needed / strict!.power!.needed).toBeCloseTo(((z + zPower) / (zStrict + zPower)) ** 2, 2);
  });

  test("corrects the always-valid path for the number of arms", async () => {
    const world = smallSettings({ users: 900, days: 6 });
    const piece = await simulatedPiece(fixedServer(0), world, 1);
    const arms = new Map(["control", "b", "c"].map((label) => [label, [piece]] as const));
    const { path } = readAsAbTest(arms, "control", world).readings.get("c")!;
    const sample = (from: number, before: number, isOurs: (user: number) => boolean) => {
      const users = new Map<number, [number, number]>();
      piece.user.forEach((user, row) => {
        if (piece.day[row]! < from || piece.day[row]! >= before || !isOurs(user)) return;
        const [clicks, slates] = users.get(user) ?? [0, 0];
        users.set(user, [clicks + piece.clicks[row]!, slates + 1]);
      });
      return {
        numerators: Float64Array.from(users.values(), ([clicks]) => clicks),
        denominators: Float64Array.from(users.values(), ([, slates]) => slates),
      };
    };
    const { unitVariance } = ratioEstimate(sample(0, 4, () => true));
    const looks = path.map(({ day }) => {
      const of = (which: number) => sample(4, 4 + day, (user) => assignedArm(1, user, 3) === which);
      return differenceOfRatios(of(0), of(2));
    });
    const level = 0.05 / 2;
    const mixing = mixingVariance(Math.sqrt((2 * unitVariance) / (900 / 3)), level);
    expect(path.length).toBeGreaterThan(2);
    for (const [i, look] of alwaysValidPath(looks, { mixingVariance: mixing, alpha: level }).entries()) {
      expect(path[i]!.low).toBeCloseTo(look.low, 12);
      expect(path[i]!.high).toBeCloseTo(look.high, 12);
      expect(path[i]!.pValue).toBeCloseTo(Math.min(1, 2 * look.pValue), 12);
    }
  });

  test("says nothing where there is nothing to read", async () => {
    const tiny = smallSettings({ users: 10, days: 1 });
    const piece = await simulatedPiece(fixedServer(0), tiny, 1);
    const empty = {
      ...piece,
      user: piece.user.slice(0, 0),
      day: piece.day.slice(0, 0),
      clicks: piece.clicks.slice(0, 0),
    };
    const arms = new Map([
      ["a", [piece]],
      ["b", [empty]],
    ]);
    const { readings, sampleRatio } = readAsAbTest(arms, "a", tiny);
    expect(readings.get("b")).toMatchObject({ users: 0, effect: null, path: [], stoppedOn: null, segments: [] });
    expect(sampleRatio).toBeNull();
    expect(readAsAbTest(new Map([["b", [piece]]]), "a", tiny).readings.size).toBe(0);
  });
});

test("users are spread over the arms alike, by world and user alone", () => {
  const counts = [0, 0, 0];
  for (let user = 0; user < 30_000; user++) counts[assignedArm(7, user, 3)]!++;
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400);
  expect(assignedArm(7, 5, 3)).toBe(assignedArm(7, 5, 3));
});
