import { IdTableBuilder, Random } from "@sequitur/core";
import { expect, test } from "vitest";
import { ByteIdTable } from "./byte-id-table.js";

test("indices equal those of a table of strings, over growth, repeats and odd ids", () => {
  const random = new Random(1);
  const table = new ByteIdTable();
  const reference = new IdTableBuilder();
  const [indices, expected] = [new Int32Array(60_000), new Int32Array(60_000)];
  for (let draw = 0; draw < 60_000; draw++) {
    const number = random.integer(20_000);
    const id = draw % 3 === 0 ? `0${number}` : draw % 3 === 1 ? String(number) : `ü${number}€`;
    const bytes = Buffer.from(`<${id}>`);
    indices[draw] = draw % 2 === 0 ? table.add(bytes, 1, bytes.length - 1) : table.addText(id);
    expected[draw] = reference.add(id);
  }
  expect(indices).toEqual(expected);
  expect(table.ids("utf-8")).toEqual(reference.table().ids);
});

test("007, 7 and 7.0 are three ids", () => {
  const table = new ByteIdTable();
  expect(["007", "7", "7.0", "7"].map((id) => table.addText(id))).toEqual([0, 1, 2, 1]);
});

test("ids longer than any before are kept whole", () => {
  const table = new ByteIdTable();
  const long = "é".repeat(100_000);
  table.addText("a");
  table.addText(long);
  expect(table.ids("utf-8")).toEqual(["a", long]);
});
