import { Random } from "@sequitur/core";
import { conforms, hitRate, noise, plantedSequences } from "@sequitur/recommender/conforms";
import { describe, expect, it } from "vitest";
import { fitted, SMALL } from "../fitted.fixture.js";
import { liteLlm4rec } from "./lite-llm4rec.js";
import { titled } from "./titled.fixture.js";

conforms(liteLlm4rec, {
  config: { ...SMALL["lite-llm4rec"]!.config, epochs: 2, dropout: 0.2, itemDropout: 0.1 },
  learning: SMALL["lite-llm4rec"]!.config,
});

conforms(liteLlm4rec, {
  config: { ...SMALL["lite-llm4rec"]!.config, epochs: 2, head: "generative", training: "joint", beam: 6 },
  learning: { ...SMALL["lite-llm4rec"]!.config, head: "generative", training: "joint", beam: 6, epochs: 16 },
});

/** A title that tells the items apart by letters alone. */
const title = (item: number): string => `${"abcdefghij"[item % 10]}${"klmnopqrst"[Math.floor(item / 10) % 10]} thing`;

describe("lite-llm4rec", () => {
  const planted = plantedSequences(new Random("lite"));
  const train = titled(planted.train, title);

  it.each([
    ["staged", {}],
    ["from texts alone", { itemId: false }],
    ["joint, both levels in each step", { training: "joint", loss: "sampled-softmax", negatives: 16 }],
    ["joint, from texts alone, a free head", { training: "joint", head: "free", itemId: false, pooling: "last" }],
    ["a generative head", { head: "generative", epochs: 16 }],
    ["fine-tuning", { fineTuneEpochs: 1, loss: "softmax", positions: "learned" }],
  ])("learns a planted pattern: %s", async (_, extra) => {
    const model = await fitted("lite-llm4rec", train, extra);
    expect(hitRate(model, planted, 1)).toBeGreaterThan(0.8);
  });

  it("learns nothing from noise", async () => {
    const chance = noise(new Random("lite"));
    const model = await fitted("lite-llm4rec", titled(chance.train, title));
    expect(hitRate(model, chance, 1)).toBeLessThan(0.1);
  });
});
