import { certainSlate, NONE, queryBatch, Random, type Slate } from "@sequitur/core";
import { decodeArtifact, encodeArtifact, type SlatePolicy } from "@sequitur/recommender";
import { describe, expect, it } from "vitest";
import { posteriorAt } from "../slate-gru/posterior.fixture.js";
import { slateModel } from "../slate-gru/slate-model.js";
import { userPreference } from "../slate-gru/user-state.js";
import { linUcb } from "./linucb.js";
import { ucb } from "./ucb.js";
import { catalogOf } from "./world.fixture.js";

const catalog = catalogOf(5);
const query = queryBatch([{ user: 0, items: [1] }]);
const show = (policy: SlatePolicy, k: number): Slate => policy.slates(query, k, { random: new Random(1) })[0]!;
const posterior = posteriorAt([0, 1, 2, 3, 4], undefined, {}, catalog);
const model = slateModel(posterior);

/** Each round shows one item, which is clicked with its own chance; the share of the last rounds that the best had. */
function play(policy: SlatePolicy, chances: readonly number[], rounds: number): number {
  const random = new Random(3);
  let wins = 0;
  for (let round = 0; round < rounds; round++) {
    const slate = show(policy, 1);
    const click = random.uniform() < chances[slate.items[0]!]! ? 0 : NONE;
    policy.observe!(query, [slate], Int32Array.of(click));
    if (round >= rounds / 2 && slate.items[0] === 1) wins += 1;
  }
  return wins / (rounds / 2);
}

describe.each([
  [
    "ucb",
    (state?: ReturnType<NonNullable<SlatePolicy["save"]>>) =>
      ucb.make({ name: "ucb", catalog, state }, { exploration: 0.5 }),
  ],
  [
    "linucb",
    (state?: ReturnType<NonNullable<SlatePolicy["save"]>>) =>
      linUcb.make({ name: "linucb", catalog, model, state }, { alpha: 0.5, ridge: 1 }),
  ],
] as const)("%s", (_, make) => {
  it("comes to show the item that is clicked most, surely", () => {
    const policy = make();
    expect(play(policy, [0.1, 0.8, 0.5, 0.3, 0.05], 400)).toBeGreaterThan(0.7);
    expect([...show(policy, 3).propensities]).toEqual([1, 1, 1]);
  });

  it("survives a restart exactly", () => {
    const policy = make();
    play(policy, [0.2, 0.5, 0.4, 0.1, 0.2], 30);
    const again = make(decodeArtifact(encodeArtifact(policy.save!()), "test"));
    expect(play(again, [0.2, 0.5, 0.4, 0.1, 0.2], 30)).toBe(play(policy, [0.2, 0.5, 0.4, 0.1, 0.2], 30));
    expect(encodeArtifact(again.save!())).toEqual(encodeArtifact(policy.save!()));
  });

  it("refuses a click outside its slate", () => {
    const slate = certainSlate(Int32Array.of(0));
    expect(() => make().observe!(query, [slate], Int32Array.of(1))).toThrow("got 1 in slate 0");
  });
});

it("ucb shows what was never shown first, and then by rate and bonus", () => {
  const policy = ucb.make({ name: "ucb", catalog }, { exploration: 1 });
  expect([...show(policy, 2).items]).toEqual([0, 1]);
  policy.observe!(query, [show(policy, 2)], Int32Array.of(1));
  expect([...show(policy, 5).items]).toEqual([2, 3, 4, 1, 0]);
});

it("linucb solves the ridge regression of clicks on its features", () => {
  const policy = linUcb.make({ name: "linucb", catalog, model }, { alpha: 0, ridge: 2 });
  const shown: [number, number][] = [
    [0, 1],
    [3, 0],
    [4, 1],
    [1, 0],
    [2, 1],
  ];
  for (const [item, click] of shown) {
    policy.observe!(query, [certainSlate(Int32Array.of(item))], Int32Array.of(click === 1 ? 0 : NONE));
  }
  const { tensors } = policy.save!();
  const inverse = tensors.get("inverse")!.data as Float64Array;
  // x = (1, -|z - v|, z v), with z where the user is after one click on the item at 1.
  const [z] = userPreference(posterior, Int32Array.of(1), 0) as unknown as [number];
  const features = shown.map(([item]) => [1, -Math.abs(z - item), z * item]);
  const a = [0, 1, 2].map((i) =>
    [0, 1, 2].map((j) => (i === j ? 2 : 0) + features.reduce((sum, x) => sum + x[i]! * x[j]!, 0)),
  );
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j < 3; j++) {
      const product = [0, 1, 2].reduce((sum, m) => sum + a[i]![m]! * inverse[m * 3 + j]!, 0);
      expect(product).toBeCloseTo(i === j ? 1 : 0, 10);
    }
  }
});
