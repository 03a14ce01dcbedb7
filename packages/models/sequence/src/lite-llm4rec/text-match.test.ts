import { Random } from "@sequitur/core";
import { engineFor, type Floats } from "@sequitur/kernels";
import { transpose, type SparseRows } from "@sequitur/recommender";
import { describe, expect, it } from "vitest";
import type { Encoder } from "../serving/encoder.js";
import { addMatches, rememberingEncoder, weightedWords, type TextMatch } from "./text-match.js";

const { memory } = engineFor(1);
const [ITEMS, OWN, WORDS, FADE] = [8, 2, 5, 0.5];
const random = new Random("match");
/** Rows of unit length; item 0 has no text. */
const dense = Array.from({ length: ITEMS }, (_, item) => {
  const row = Array.from({ length: WORDS }, () => (item > 0 && random.uniform() < 0.6 ? random.uniform() : 0));
  if (item > 0) row[item % WORDS]! += 0.1;
  const length = Math.hypot(...row);
  return row.map((value) => (length === 0 ? 0 : value / length));
});
const WEIGHTS = Float32Array.from({ length: ITEMS }, (_, item) => 1 + item / 4);

function sparse(rows: readonly number[][]): SparseRows {
  const offsets = Int32Array.from([0, ...rows.keys()], (_, at) =>
    rows.slice(0, at).reduce((sum, row) => sum + row.filter((value) => value !== 0).length, 0),
  );
  const entries = rows.flatMap((row) => [...row.entries()].filter(([, value]) => value !== 0));
  return {
    offsets,
    columns: Int32Array.from(entries, ([column]) => column),
    values: Float32Array.from(entries, ([, value]) => value),
  };
}

const items = sparse(dense);
const match: TextMatch = { items, words: weightedWords(transpose(items, WORDS), WEIGHTS), fade: FADE, most: 3 };

/** The state is the last item and how many there were. */
const counting: Encoder = {
  width: OWN,
  encode(out, history, count, length) {
    for (let row = 0; row < count; row++) out.array.set([history.array[(row + 1) * length - 1]!, length], row * OWN);
  },
  start() {
    const out: Floats = memory.floats(OWN);
    let length = 0;
    return {
      step(item) {
        out.array.set([item, ++length]);
        return out;
      },
      release: () => memory.release(out),
    };
  },
};

const HISTORIES = [
  [4, 1, 5, 1, 7, 0],
  [0, 0, 0, 0, 0, 0],
  [2, 2, 2, 3, 3, 2],
];

describe("matching texts", () => {
  const encoder = rememberingEncoder(counting, match, memory);
  const history = memory.intsFrom(HISTORIES.flat());
  const states = memory.floats(HISTORIES.length * encoder.width);
  encoder.encode(states, history, HISTORIES.length, 6);

  it("keeps the newest distinct items with text behind the state, read at once or one by one", () => {
    const wanted = [
      [0, 6, 7, 1, 5],
      [0, 6, -1, -1, -1],
      [2, 6, 2, 3, -1],
    ];
    expect([...states.array]).toEqual(wanted.flat());
    for (const [row, one] of HISTORIES.entries()) {
      const running = encoder.start();
      const steps = one.map((item) => [...running.step(item, 0).array]);
      expect(steps.at(-1)).toEqual(wanted[row]);
      running.release();
    }
  });

  it("adds the weighted cosine of each item with the fading profile, for all items and for candidates", () => {
    const profileOf = (newest: readonly number[]): number[] => {
      const sum = Array.from({ length: WORDS }, (_, word) =>
        newest.reduce((total, item, place) => total + FADE ** place * dense[item]![word]!, 0),
      );
      return sum.map((value) => value / (Math.hypot(...sum) || 1));
    };
    const profiles = [[7, 1, 5], [], [2, 3]].map(profileOf);
    const wanted = profiles.map((profile) =>
      dense.map((row, item) => 10 + WEIGHTS[item]! * row.reduce((sum, value, word) => sum + value * profile[word]!, 0)),
    );
    const scores = new Float32Array(HISTORIES.length * ITEMS).fill(10);
    addMatches(scores, states, match);
    wanted.flat().forEach((value, at) => expect(scores[at]).toBeCloseTo(value, 5));
    const candidates = Int32Array.of(6, 0, 3, 6);
    const some = new Float32Array(HISTORIES.length * candidates.length).fill(10);
    addMatches(some, states, match, candidates);
    const columns = HISTORIES.flatMap((_, row) => Array.from(candidates, (item) => scores[row * ITEMS + item]!));
    expect([...some]).toEqual(columns);
  });

  it("leaves what cannot be scored", () => {
    const scores = new Float32Array(ITEMS).fill(Number.NaN);
    addMatches(scores, states.part(0, encoder.width), match);
    expect(scores.every((score) => Number.isNaN(score))).toBe(true);
    addMatches(new Float32Array(0), states, match, new Int32Array(0));
  });
});
