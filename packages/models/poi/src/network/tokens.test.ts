import { parseConfig, Random } from "@sequitur/core";
import { Parameters, selectBackend, tf, time2vec } from "@sequitur/nn";
import { describe, expect, it } from "vitest";
import { getnext } from "../getnext/getnext.js";
import { seaget } from "../seaget/seaget.js";
import { tokenWidth } from "./config.js";

const published = { width: 128, timeWidth: 32 };

describe("tokens", () => {
  it("are 576 wide at the published sizes, 320 without seasons", () => {
    expect(tokenWidth(parseConfig(seaget.config, published, "test"))).toBe(576);
    expect(tokenWidth(parseConfig(getnext.config, published, "test"))).toBe(320);
  });

  it("have 31 bounded parts of time and one affine one", async () => {
    await selectBackend("sequitur", { threads: 1 });
    const parameters = new Parameters(new Random("time"));
    const rows = tf.tidy(() => (time2vec(parameters, 32)(tf.tensor1d([0, 1, 2, 50])) as tf.Tensor2D).arraySync());
    parameters.dispose();
    const column = (at: number): number[] => rows.map((row) => row[at]!);
    const [start, one, two, far] = column(0) as [number, number, number, number];
    expect(two - one).toBeCloseTo(one - start, 5);
    expect((far - start) / 50).toBeCloseTo(one - start, 4);
    for (let at = 1; at < 32; at++) expect(column(at).every((value) => Math.abs(value) <= 1)).toBe(true);
  });

  it("refuses heads that do not divide their width", () => {
    const wrong = (): unknown => parseConfig(seaget.config, { ...published, heads: 5 }, "test");
    expect(wrong).toThrow(/heads to divide the token width 576, got 5/);
  });
});
