import { Random } from "@sequitur/core";
import { hitRate, plantedSequences } from "@sequitur/recommender/conforms";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fitted } from "../fitted.fixture.js";
import { liteLlm4rec } from "../lite-llm4rec/lite-llm4rec.js";
import type { LiteLlm4recModel } from "../lite-llm4rec/lite-model.js";
import { titled } from "../lite-llm4rec/titled.fixture.js";
import { tinyOnnx, type TinyShape } from "./onnx.fixture.js";
import { openSentenceEncoder } from "./sentence-encoder.js";
import { openVectorCache } from "./vector-cache.js";

const runtime = await import("onnxruntime-web").then(
  () => true,
  () => false,
);

/** [UNK], the marks, then words of which the vectors are known. */
const VOCABULARY = ["[UNK]", "[CLS]", "[SEP]", "soap", "red", ",", "##s", "title", ":"];
const TABLE: [number, number][] = VOCABULARY.map((_, at) => [at, 0 - at]);

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sequitur-onnx-"));
  await writeFile(join(dir, "vocab.txt"), VOCABULARY.join("\n"));
});
afterEach(async () => rm(dir, { recursive: true }));

async function paths(shape: TinyShape | "nonsense"): Promise<{ model: string; vocabulary: string }> {
  const model = join(dir, "model.onnx");
  await writeFile(model, shape === "nonsense" ? "no model" : tinyOnnx(TABLE, shape));
  return { model, vocabulary: join(dir, "vocab.txt") };
}

describe.skipIf(!runtime)("a sentence encoder (skipped without the optional package onnxruntime-web)", () => {
  const open = async (shape: TinyShape | "nonsense", maxTokens = 16) =>
    openSentenceEncoder({ ...(await paths(shape)), maxTokens, threads: 1 });

  it("gives the mean of token vectors, marks included, or the sentence's own", async () => {
    const texts = ["Red soaps, pink", "", "soap", "red red red red"];
    const mean = await open("tokens");
    // [CLS] red soap ##s , [UNK] [SEP] = 1 4 3 6 5 0 2; [CLS] soap [SEP] = 1 3 2; 1 4 4 4 4 2.
    expect((await mean.encode(texts)).map((vector) => [...vector])).toEqual([
      [expect.closeTo(3, 5), expect.closeTo(-3, 5)],
      [],
      [2, -2],
      [expect.closeTo(19 / 6, 5), expect.closeTo(-19 / 6, 5)],
    ]);
    await mean.release();
    const best = await open("sentences");
    expect((await best.encode(texts)).map((vector) => [...vector])).toEqual([[6, 0], [], [3, -1], [4, -1]]);
    await best.release();
    const short = await open("tokens", 3);
    expect((await short.encode(["red soap"])).map((vector) => [...vector])).toEqual([
      [expect.closeTo(7 / 3, 5), expect.closeTo(-7 / 3, 5)],
    ]);
    expect(short.hash).not.toBe(mean.hash);
    await short.release();
  });

  it.each([
    ["nonsense", /no ONNX model/],
    ["another input", /expected the input input_ids.*got pixels/],
  ] as const)("refuses %s", async (shape, message) => {
    await expect(open(shape)).rejects.toMatchObject({
      code: "bad-data",
      message: expect.stringMatching(message) as string,
    });
  });

  it("refuses vectors of another shape, a vocabulary without marks, and files that are not there", async () => {
    const wrong = await open("another output");
    await expect(wrong.encode(["red red soap"])).rejects.toMatchObject({
      code: "bad-data",
      message: expect.stringMatching(/\[1, 5, F\] or \[1, F\].*got Float32Array \[2, 1, 5\]/) as string,
    });
    await wrong.release();
    const { model } = await paths("tokens");
    await writeFile(join(dir, "bare.txt"), "red\nsoap");
    const bare = openSentenceEncoder({ model, vocabulary: join(dir, "bare.txt"), maxTokens: 8, threads: 1 });
    await expect(bare).rejects.toMatchObject({ code: "bad-data", message: expect.stringMatching(/\[CLS\]/) as string });
    const gone = openSentenceEncoder({ model: join(dir, "gone.onnx"), vocabulary: model, maxTokens: 8, threads: 1 });
    await expect(gone).rejects.toMatchObject({ code: "not-found" });
  });

  it("stands in for the Item LM of lite-llm4rec, its vectors kept by text and model", async () => {
    const planted = plantedSequences(new Random("onnx"), { users: 60, items: 20, length: 12 });
    const words = ["red", "soap", "soaps", ","];
    const title = (item: number): string =>
      item === 19 ? "" : [words[item % 4], words[Math.floor(item / 4) % 4], words[item % 3]].join(" ");
    const train = titled(planted.train, title);
    const sentenceEncoder = { ...(await paths("tokens")), cache: join(dir, "cache") };
    const reports: [number, number][] = [];
    const fit = async (): Promise<LiteLlm4recModel> =>
      (await fitted(
        "lite-llm4rec",
        train,
        { sentenceEncoder, epochs: 16 },
        {
          report: ({ task, done, values }) =>
            void (task === "encode item texts" && reports.push([done, values!["cached"]!])),
        },
      )) as LiteLlm4recModel;
    const first = await fit();
    expect(hitRate(first, planted, 1)).toBeGreaterThan(0.7);
    const again = await fit();
    const distinct = new Set(Array.from({ length: 19 }, (_, item) => title(item))).size;
    expect(reports).toEqual([
      [0, 0],
      [distinct, 0],
      [distinct, distinct],
    ]);
    expect(again.score(planted.queries)).toEqual(first.score(planted.queries));
    expect(liteLlm4rec.load(first.save()).score(planted.queries)).toEqual(first.score(planted.queries));
    expect(() => first.encode(["soap"])).toThrow(expect.objectContaining({ code: "unavailable" }));
    expect(await readdir(join(dir, "cache"))).toHaveLength(1);
  });
});

describe("vectors on disk", () => {
  it("are kept by text and model, survive a broken file, and merge with what others wrote", async () => {
    const [one, two] = [await openVectorCache(dir, "m1"), await openVectorCache(dir, "m1")];
    await one.add(new Map([["a", Float32Array.of(1, 2)]]));
    await two.add(new Map([["b", Float32Array.of(3, 4)]]));
    const third = await openVectorCache(dir, "m1");
    expect([third.get("a"), third.get("b"), third.get("c")]).toEqual([
      Float32Array.of(1, 2),
      Float32Array.of(3, 4),
      undefined,
    ]);
    expect((await openVectorCache(dir, "m2")).get("a")).toBeUndefined();
    const path = join(dir, "m1.safetensors");
    await writeFile(path, (await readFile(path)).subarray(0, 20));
    expect((await openVectorCache(dir, "m1")).get("a")).toBeUndefined();
    const blocked = await openVectorCache(join(dir, "vocab.txt"), "m1");
    await expect(blocked.add(new Map([["a", Float32Array.of(1)]]))).rejects.toMatchObject({ code: "unavailable" });
  });
});
