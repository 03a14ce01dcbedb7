import { Random } from "@sequitur/core";
import { plantedSequences } from "@sequitur/recommender/conforms";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fitted } from "../fitted.fixture.js";
import { titled } from "../lite-llm4rec/titled.fixture.js";
import { readWordVectors, scaledToUnit } from "./word-vectors.js";

describe("word vectors in GloVe's text format", () => {
  let dir: string;
  let path: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "sequitur-words-"));
    path = join(dir, "words.txt");
  });
  afterEach(async () => rm(dir, { recursive: true }));

  it("are read for the words asked for, with or without a line of counts, in any line ending", async () => {
    const lines = ["the 0.5 -1 2e-1", "soap 1 2 3", "red 4 5 6"];
    for (const content of [lines.join("\n"), `3 3\r\n${lines.join("\r\n")}\r\n`]) {
      await writeFile(path, content);
      const found = await readWordVectors(path, 3, new Set(["red", "the", "absent"]));
      expect([...found]).toEqual([
        ["the", Float32Array.of(0.5, -1, 0.2)],
        ["red", Float32Array.of(4, 5, 6)],
      ]);
    }
  });

  it("are scaled to a mean length of 1", () => {
    const scaled = scaledToUnit(
      new Map([
        ["a", Float32Array.of(3, 4)],
        ["b", Float32Array.of(0, 15)],
      ]),
    );
    expect([...scaled]).toEqual([
      ["a", Float32Array.of(0.3, 0.4)],
      ["b", Float32Array.of(0, 1.5)],
    ]);
    expect(scaledToUnit(new Map()).size).toBe(0);
  });

  it("are refused when they have another width, are no numbers, or are not there", async () => {
    await writeFile(path, "the 1 2 3\nsoap 1 2\n");
    await expect(readWordVectors(path, 3, new Set())).rejects.toMatchObject({
      code: "bad-data",
      message: `${path}, line 2: expected a word and 3 numbers (textWidth), got 2 after the word.`,
    });
    await writeFile(path, "the 1 two 3\n");
    await expect(readWordVectors(path, 3, new Set(["the"]))).rejects.toMatchObject({
      code: "bad-data",
      message: `${path}, line 1: expected a finite number, got "two".`,
    });
    await expect(readWordVectors(join(dir, "none"), 3, new Set())).rejects.toMatchObject({ code: "not-found" });
  });

  it.each([
    ["staged", 1],
    ["staged", 0],
    ["joint", 1],
  ])("are where the Item LM starts from (%s, %d passes over texts)", async (training, textEpochs) => {
    const vector = Array.from({ length: 16 }, (_, i) => i + 1);
    await writeFile(path, `thing ${vector.join(" ")}\nabsent ${vector.join(" ")}\n`);
    const { train } = plantedSequences(new Random("words"), { users: 20, items: 20, length: 6 });
    const still = { training, epochs: 1, textEpochs, learningRate: 1e-6, textLearningRate: 1e-6, weightDecay: 0 };
    const reports: Record<string, number>[] = [];
    const model = await fitted(
      "lite-llm4rec",
      titled(train, (item) => `thing ${item}`),
      { ...still, wordVectors: path },
      {
        report: ({ task, values }) => void (task === "read item texts" && reports.push({ ...values })),
      },
    );
    expect(reports[0]!["with word vectors"]).toBe(1);
    const { tensors } = model.save();
    const pieces = JSON.parse(new TextDecoder().decode(tensors.get("text.pieces")!.data)) as string[];
    const row = pieces.indexOf("thing") * 16;
    const got = (tensors.get("text.words.table")!.data as Float32Array).subarray(row, row + 16);
    const [length, longest] = [Math.hypot(...got), Math.hypot(...vector)];
    got.forEach((value, i) => expect(value / length).toBeCloseTo(vector[i]! / longest, 3));
    // A word that every text has tells less than the numbers do.
    expect(length).toBeLessThan(1);
  });
});
