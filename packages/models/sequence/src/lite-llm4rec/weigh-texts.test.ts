import { describe, expect, it } from "vitest";
import { weighTexts, type TextWeights } from "./weigh-texts.js";

const BOTH = { textMatch: true, coldBias: true };

describe("the weights of texts", () => {
  it("are the best by validation, one after the other", async () => {
    const asked: TextWeights[] = [];
    const value = async (weights: TextWeights): Promise<number> => {
      asked.push(weights);
      return -Math.abs(weights.textMatch - 7) - Math.abs(weights.coldBias - 3.5);
    };
    expect(await weighTexts({}, BOTH, value, {})).toEqual({ textMatch: 8, coldBias: 4 });
    // Nothing comes twice, and the second key is tried beside the best of the first.
    expect(new Set(asked.map((weights) => JSON.stringify(weights))).size).toBe(asked.length);
    expect(asked.filter(({ coldBias }) => coldBias !== 0).every(({ textMatch }) => textMatch === 8)).toBe(true);
  });

  it("stay at 0 where no other does better, and where they do not matter", async () => {
    expect(await weighTexts({}, BOTH, async () => 0.1, {})).toEqual({ textMatch: 0, coldBias: 0 });
    const never = async (): Promise<number> => Promise.reject(new Error("asked"));
    expect(await weighTexts({}, { textMatch: false, coldBias: false }, never, {})).toEqual({
      textMatch: 0,
      coldBias: 0,
    });
  });

  it("are those of the config where it gives some", async () => {
    const never = async (): Promise<number> => Promise.reject(new Error("asked"));
    const given = { textMatch: 3, coldBias: -1 };
    expect(await weighTexts(given, BOTH, never, {})).toEqual(given);
    const more = async ({ coldBias }: TextWeights): Promise<number> => coldBias;
    expect(await weighTexts({ textMatch: 3 }, BOTH, more, {})).toEqual({ textMatch: 3, coldBias: 4 });
  });

  it("tell how far they are, and stop when told to", async () => {
    const stop = new AbortController();
    const told: string[] = [];
    const report = ({ done, total }: { done: number; total?: number }): void => {
      told.push(`${done} of ${total}`);
      if (done === 2) stop.abort();
    };
    const weighing = weighTexts({}, BOTH, async () => 0, { report, signal: stop.signal });
    await expect(weighing).rejects.toMatchObject({ code: "cancelled" });
    expect(told).toEqual(["1 of 9", "2 of 9"]);
  });
});
