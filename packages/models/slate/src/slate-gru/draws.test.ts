import { NONE, queryBatch, Random } from "@sequitur/core";
import { normalAt, rowStream } from "@sequitur/kernels";
import { expect, it } from "vitest";
import { catalogOf } from "../policies/world.fixture.js";
import { DrawTable } from "./draw-table.js";
import { drawsOf } from "./draws.js";
import { posteriorAt } from "./posterior.fixture.js";
import { startOf } from "./user-state.js";

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
  const top = drawsOf(posterior, new DrawTable(posterior), query, 0);
  const start = startOf(posterior, clicks).mean;

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
    count(top(2, [random.uint32()])[0]!.join(" "), 0);
    count(plainTop(), 1);
  }
  expect(counts.size).toBeGreaterThan(10);
  for (const [drawn, plain] of counts.values())
    expect(Math.abs(drawn - plain)).toBeLessThan(4 * Math.sqrt(drawn + plain) + 1);
});

it.each(["gru", "linear"] as const)("draws the %s state as its parameters, written out, give it", (state) => {
  const width = 3;
  const random = new Random("state");
  const normals = (count: number) => Array.from({ length: count }, () => random.normal());
  const scales = normals(ITEMS * width).map(Math.abs);
  const posterior = posteriorAt(normals(ITEMS * width), scales, { state, width }, catalogOf(ITEMS));
  const { globals, itemMeans, itemScales, otherMeans, otherScales } = posterior;
  otherMeans.set(normals(globals.size));
  otherScales.set(normals(globals.size).map(Math.abs));
  otherScales[globals.start.from] = 0;
  (posterior.offsets as Map<number, Float32Array>).set(2, Float32Array.from([1, -1, 2, 0.5, 0.1, 1]));
  const table = new DrawTable(posterior);
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

  for (const clicks of [[], [4], [1, 0, 1, 3]]) {
    for (const [key, user] of [
      [5, NONE],
      [0xffffffff, 2],
    ] as const) {
      const other = (at: number) => otherMeans[at]! + otherScales[at]! * normalAt(rowStream(key, 0x7fffffff), at);
      const start = startOf(posterior, Int32Array.from(clicks));
      let h = [...start.mean].map((mean, j) => mean + start.scale[j]! * normalAt(rowStream(key, 0x70000000), j));
      const times = (row: readonly number[], from: number, columns: number, column: number) =>
        row.reduce((sum, value, i) => sum + value * other(from + i * columns + column), 0);
      for (const item of clicks) {
        const at = item * width;
        const x = h.map((_, j) => itemMeans[at + j]! + itemScales[at + j]! * normalAt(rowStream(key, item), j));
        const keep = Math.min(0.999, Math.max(0.001, other(globals.keep.from)));
        const fromX = (column: number) =>
          times(x, globals.input.from, 3 * width, column) + other(globals.gateBias.from + column);
        const before = h;
        const fromH = (column: number) => times(before, globals.hidden.from, 3 * width, column);
        h = before.map((value, j) => {
          if (state === "linear") return keep * value + (1 - keep) * x[j]!;
          const reset = sigmoid(fromX(j) + fromH(j));
          const update = sigmoid(fromX(width + j) + fromH(width + j));
          return (1 - update) * Math.tanh(fromX(2 * width + j) + reset * fromH(2 * width + j)) + update * value;
        });
      }
      const after = h;
      const z = state === "linear" ? h : h.map((_, j) => times(after, globals.output.from, width, j));
      const offset = posterior.offsets.get(user);
      const own = (j: number) => offset![j]! + offset![width + j]! * normalAt(rowStream(key, 0x70000001), j);
      const found = table.preference(posterior, key, start, Int32Array.from(clicks), user);
      for (let j = 0; j < width; j++) expect(found[j]).toBeCloseTo(z[j]! + (offset ? own(j) : 0), 4);
    }
  }
});
