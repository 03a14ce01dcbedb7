import { parseConfig, Random } from "@sequitur/core";
import { conforms, hitRate, noise, plantedSequences } from "@sequitur/recommender/conforms";
import { describe, expect, it } from "vitest";
import { fitted, SMALL } from "../fitted.fixture.js";
import { sasrec } from "./sasrec.js";

conforms(sasrec, {
  config: { ...SMALL["sasrec"]!.config, epochs: 2, dropout: 0.2, itemDropout: 0.1 },
  learning: SMALL["sasrec"]!.config,
});

describe("sasrec", () => {
  const planted = plantedSequences(new Random("sasrec"));

  // 0.905 is what the best possible model expects: the successor, or by chance.
  it.each([
    ["its defaults", {}],
    ["rotary positions, two tables, gelu and dropout", { positions: "rotary", tied: false, dropout: 0.1, epochs: 12 }],
    ["learned positions and BPR-max", { positions: "learned", loss: "bpr-max", negatives: 12, epochs: 12 }],
    ["hidden items and averaged weights", { itemDropout: 0.1, averageDecay: 0.8, windows: "fixed" }],
  ])("learns a planted pattern with %s", async (_, extra) => {
    expect(hitRate(await fitted("sasrec", planted.train, extra), planted, 1)).toBeGreaterThan(0.8);
  });

  it("learns nothing from noise", async () => {
    const chance = noise(new Random("sasrec"));
    expect(hitRate(await fitted("sasrec", chance.train), chance, 1)).toBeLessThan(0.1);
  });

  it("refuses heads that do not divide the width", () => {
    expect(() => parseConfig(sasrec.config, { width: 10, heads: 4, positions: "learned" }, "test")).toThrow(
      /4 to divide the width 10/,
    );
    expect(() => parseConfig(sasrec.config, { width: 6, heads: 2, positions: "rotary" }, "test")).toThrow(
      /4 to divide/,
    );
  });
});
