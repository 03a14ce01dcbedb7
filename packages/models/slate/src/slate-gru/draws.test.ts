import { NONE, queryBatch, Random } from "@sequitur/core";
import { expect, it } from "vitest";
import { catalogOf } from "../policies/world.fixture.js";
import { topUnderDraw } from "./draws.js";
import { posteriorAt } from "./posterior.fixture.js";
import { firstState, meanParameters } from "./user-state.js";

const KEEP = 0.5;
const WIDTH = 2;
const ITEMS = 5;
const DRAWS = 12_000;

it.each(["l2", "dot"] as const)("ranks by %s as often as a draw of every number of every vector does", (score) => {
  const random = new Random(`draws ${score}`);
  const means = Array.from({ length: ITEMS * WIDTH }, () => random.normal());
  const scales = means.map(() => 0.5 + random.uniform());
  const posterior = posteriorAt(means, scales, { score, width: WIDTH }, catalogOf(ITEMS));
  const clicks = Int32Array.of(1, 3);
  const query = queryBatch([{ user: NONE, items: clicks }]);
  const start = firstState(posterior, meanParameters(posterior), clicks);

  /** The state and all scores, written out; vectors come from another generator. */
  const plainTop = (): string => {
    const v = means.map((mean, at) => mean + scales[at]! * random.normal());
    const z = [...start];
    for (const item of clicks) for (let j = 0; j < WIDTH; j++) z[j] = KEEP * z[j]! + (1 - KEEP) * v[item * WIDTH + j]!;
    const scores = Array.from({ length: ITEMS }, (_, item) => {
      const own = v.slice(item * WIDTH, (item + 1) * WIDTH);
      if (score === "l2") return -Math.hypot(...own.map((x, j) => x - z[j]!));
      return own.reduce((sum, x, j) => sum + x * z[j]!, 0);
    });
    return [...scores.keys()]
      .toSorted((a, b) => scores[b]! - scores[a]!)
      .slice(0, 2)
      .join(" ");
  };
  const counts = new Map<string, [drawn: number, plain: number]>();
  const count = (top: string, which: 0 | 1): void => {
    const cell = counts.get(top) ?? [0, 0];
    cell[which] += 1;
    counts.set(top, cell);
  };
  for (let draw = 0; draw < DRAWS; draw++) {
    count(topUnderDraw(posterior, query, 0, 2, random.uint32()).join(" "), 0);
    count(plainTop(), 1);
  }
  expect(counts.size).toBeGreaterThan(10);
  for (const [drawn, plain] of counts.values())
    expect(Math.abs(drawn - plain)).toBeLessThan(4 * Math.sqrt(drawn + plain) + 1);
});
