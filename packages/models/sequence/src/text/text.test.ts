import { describe, expect, it } from "vitest";
import { learnPieces } from "./learn-pieces.js";
import { tellingLengths } from "./telling-lengths.js";
import { cutTexts, UNKNOWN, wordPieces } from "./word-pieces.js";

const written = (pieces: readonly string[], cut: Int32Array): string[] => Array.from(cut, (piece) => pieces[piece]!);

describe("telling lengths", () => {
  it("are greater the fewer texts hold a piece, with a mean square of 1 over what is read", () => {
    const texts = [[1, 2, 2], [1, 3], [1], []].map((pieces) => Int32Array.from(pieces));
    const lengths = tellingLengths(texts, 5);
    const scale = lengths[1]! / Math.log(1 + 3 / 3);
    expect(lengths[2]! / scale).toBeCloseTo(Math.log(1 + 3 / 1), 5);
    expect(lengths[3]).toBe(lengths[2]);
    expect(lengths[4]).toBe(lengths[3]);
    const read = texts.flatMap((pieces) => Array.from(pieces, (piece) => lengths[piece]! ** 2));
    expect(read.reduce((sum, square) => sum + square, 0) / read.length).toBeCloseTo(1, 5);
    expect([...tellingLengths([], 2)]).toEqual([0, 0].map(() => Math.fround(Math.log(1))));
  });
});

describe("word pieces", () => {
  it("are the merges that byte-pair encoding makes by hand, commonest first, ties in order", () => {
    // hug x3, hugs x2, bug x2, mug: u+g 8, h+u 5, b+u 2, g+s 2; then h+ug 5, b+ug 2, hug+s 2.
    const pieces = learnPieces(["hug hug hug hugs", "hugs bug bug mug"], 12);
    expect(pieces.slice(0, 6).sort()).toEqual(["##g", "##s", "##u", UNKNOWN, "b", "h"].sort());
    expect(pieces.slice(6)).toEqual(["##ug", "hug", "bug", "hugs"]);
    expect(learnPieces(["hugs bug bug mug", "hug hug hugs hug"], 12)).toEqual(pieces);
    expect(learnPieces(["hug hug hug hugs hugs bug bug mug"], 8)).toEqual(pieces.slice(0, 8));
    const cutter = wordPieces(pieces);
    expect(written(pieces, cutter.cut("hugs bugs HUG", 9).pieces)).toEqual(["hugs", "bug", "##s", "hug"]);
    expect(written(pieces, cutter.cut("mug bag", 9).pieces)).toEqual([UNKNOWN, UNKNOWN]);
  });

  it("join a pair in one word as often as it stands there, left to right", () => {
    expect(learnPieces(["aaaa aaaa"], 9).slice(3)).toEqual(["##aa", "##aaa", "aaaa"]);
    const pieces = learnPieces(["banana banana"], 40);
    expect(written(pieces, wordPieces(pieces).cut("banana", 9).pieces)).toEqual(["banana"]);
  });

  it("take texts that are empty, all unknown, and 10,000 words long", () => {
    const long = Array.from({ length: 10_000 }, (_, at) => `word${at % 7}`).join(" ");
    const texts = ["", "!!!", long, "word"];
    const pieces = learnPieces(texts, 100);
    const { tokens, truncationRate } = cutTexts(wordPieces(pieces), texts, 32);
    expect(tokens.map(({ length }) => length)).toEqual([0, 0, 32, 1]);
    expect(truncationRate).toBe(0.5);
    expect(cutTexts(wordPieces([UNKNOWN]), ["", ""], 4).truncationRate).toBe(0);
    expect(learnPieces([], 100)).toEqual([UNKNOWN]);
    const { pieces: one } = wordPieces([UNKNOWN]).cut("x".repeat(10_000), 4);
    expect([...one]).toEqual([0]);
  });
});
