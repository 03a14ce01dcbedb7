import { parseConfig } from "@sequitur/core";
import { describe, expect, it } from "vitest";
import { liteLlm4recConfig } from "./config.js";

const parse = (given: unknown) => parseConfig(liteLlm4recConfig, given, "test");

describe("the config of lite-llm4rec", () => {
  it("takes the sizes that are not given from the profile, and parses to itself", () => {
    expect(parse({})).toMatchObject({ profile: "tiny", width: 64, textWidth: 64, layers: 2 });
    const small = parse({ profile: "small", layers: 4 });
    expect(small).toMatchObject({ width: 128, textWidth: 128, heads: 4, layers: 4 });
    expect(parse(small)).toEqual(small);
  });

  it.each([
    [{ profile: "huge" }, /profile/],
    [{ width: 0 }, /width/],
    [{ width: 10, heads: 4, positions: "learned" }, /heads: expected 4 to divide the width 10/],
    [{ textWidth: 10, textHeads: 4 }, /textHeads: expected 4 to divide the textWidth 10/],
    [{ training: "joint", fineTuneEpochs: 1 }, /fineTuneEpochs: expected 0/],
    [{ sentenceEncoder: { model: "m" } }, /sentenceEncoder.vocabulary/],
    [{ sentenceEncoder: { model: "m", vocabulary: "v" }, training: "joint" }, /sentenceEncoder: expected staged/],
    [{ sentenceEncoder: { model: "m", vocabulary: "v" }, fineTuneEpochs: 1 }, /sentenceEncoder: expected staged/],
    [{ sentenceEncoder: { model: "m", vocabulary: "v" }, wordVectors: "w" }, /wordVectors: expected none/],
    [{ textMatch: 2, head: "free" }, /textMatch: expected 0 with the free head, got 2/],
    [{ textMatch: -1 }, /textMatch/],
    [{ coldBias: 3, head: "free" }, /coldBias: expected 0 but for the tied head with softmax, got 3/],
    [{ coldBias: 3, loss: "gbce" }, /coldBias: expected 0/],
    [{ tied: true }, /tied/],
    [7, /expected object/],
    [[], /expected object/],
  ])("refuses %j", (given, message) => {
    expect(() => parse(given)).toThrow(expect.objectContaining({ code: "bad-config" }));
    expect(() => parse(given)).toThrow(message);
  });
});
