import { Random } from "@sequitur/core";
import { Parameters, selectBackend } from "@sequitur/nn";
import { beforeAll, expect, it } from "vitest";
import { atPopularity, itemTables } from "./output-table.js";

beforeAll(() => selectBackend("sequitur", { threads: 1 }));

it("starts the softmax at the shares of the items, one interaction added to each", () => {
  const bias = atPopularity(Int32Array.of(0, 1, 5, 90))(4, [4], new Random(1));
  const odds = Array.from(bias, Math.exp);
  const total = odds.reduce((sum, odd) => sum + odd, 0);
  expect(odds.map((odd) => odd / total)).toEqual([1, 2, 6, 91].map((count) => expect.closeTo(count / 100, 6)));
});

it("starts an item of mean count at 0, where items without a bias of their own are scored", () => {
  expect([...atPopularity(Int32Array.of(0, 24, 48))(3, [3], new Random(1))]).toEqual([
    expect.closeTo(-Math.log(25), 6),
    0,
    expect.closeTo(Math.log(49 / 25), 6),
  ]);
});

it.each([
  [1, true],
  [0.16, true],
  [0.16, false],
])("starts item vectors at about the length %s; tied: %s", (startLength, tied) => {
  const parameters = new Parameters(new Random(1));
  itemTables(parameters, new Int32Array(500), { width: 32, tied, loss: "softmax", startLength });
  for (const name of tied ? ["items.table"] : ["items.table", "output.table"]) {
    const table = parameters.get(name).variable.dataSync() as Float32Array;
    const meanSquare = table.reduce((sum, value) => sum + value * value, 0) / 500;
    expect(Math.sqrt(meanSquare)).toBeCloseTo(startLength, 1);
  }
  parameters.dispose();
});
