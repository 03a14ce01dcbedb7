import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Random } from "@sequitur/core";
import { parse } from "csv-parse/sync";
import { afterAll, expect, test } from "vitest";
import { readDelimited, type DelimitedFormat } from "./delimited.js";

const folder = mkdtempSync(join(tmpdir(), "sequitur-delimited-"));
afterAll(() => rmSync(folder, { recursive: true }));

const CSV: DelimitedFormat = { separator: ",", encoding: "utf-8", header: true, quotes: true };

interface Table {
  readonly columns: readonly string[];
  readonly rows: string[][];
  readonly where: string[];
}

async function read(content: string, format: DelimitedFormat = CSV): Promise<Table> {
  const path = join(folder, "t.csv");
  writeFileSync(path, content);
  const table: { columns: readonly string[]; rows: string[][]; where: string[] } = { columns: [], rows: [], where: [] };
  await readDelimited(path, format, {}, (columns) => {
    table.columns = columns;
    return (row) => {
      table.rows.push(columns.map((_, field) => row.text(field)));
      table.where.push(row.where());
    };
  });
  return table;
}

test("rows, columns and line numbers of plain and quoted tables", async () => {
  const plain = await read("a,b\n1,x\n\n2,y\r\n3,");
  expect(plain.columns).toEqual(["a", "b"]);
  expect(plain.rows).toEqual([
    ["1", "x"],
    ["2", "y"],
    ["3", ""],
  ]);
  expect(plain.where.map((where) => where.split(", ")[1])).toEqual(["line 2", "line 4", "line 5"]);
  const quoted = await read('a,"b ""c"", d"\n1,"x, y"\n\n2,"two\nlines"\r\n3,z\n');
  expect(quoted.columns).toEqual(["a", 'b "c", d']);
  expect(quoted.rows).toEqual([
    ["1", "x, y"],
    ["2", "two\nlines"],
    ["3", "z"],
  ]);
  expect(quoted.where.map((where) => where.split(", ")[1])).toEqual(["line 2", "line 4", "line 6"]);
});

test("separators of two characters, and quotes that are no quotes", async () => {
  const format = { separator: "::", encoding: "utf-8", header: false, quotes: false } as const;
  const { columns, rows } = await read('1::"A": b::x\n2:: ::\n', format);
  expect(columns).toEqual(["1", "2", "3"]);
  expect(rows).toEqual([
    ["1", '"A": b', "x"],
    ["2", " ", ""],
  ]);
});

test("the byte splitter and csv-parse agree on random tables, wherever the first quote comes", async () => {
  const random = new Random(3);
  for (const firstQuote of [0, 5, 30_000, Infinity]) {
    let content = "id,name,x\n";
    for (let line = 0; line < 40_000; line++) {
      const name = line >= firstQuote && random.integer(3) === 0 ? `"q,${line} ""é"""` : "n".repeat(random.integer(40));
      content += `${line},${name},${random.integer(1000)}\n`;
    }
    const { rows } = await read(content);
    expect(JSON.stringify(rows) === JSON.stringify(parse(content, { from_line: 2 }))).toBe(true);
  }
});

test("a wrong column count names the line, before and after quotes", async () => {
  await expect(read("a,b\n1,2\n3\n")).rejects.toThrow(/t\.csv, line 3: expected 2 fields separated by ",", got 1\.$/);
  await expect(read("a,b\n1,2,3\n")).rejects.toThrow(/line 2: expected 2 fields separated by ",", got 3/);
  await expect(read('a,b\n"1",2\n3,4\n5,6,7\n')).rejects.toThrow(/line 4: expected 2 fields separated by ",", got 3/);
  const tab = { ...CSV, separator: "\t", header: false, fields: 4 };
  await expect(read("1\t2\t3\n", tab)).rejects.toThrow(/line 1: expected 4 fields separated by tab, got 3/);
});

test("a quote that is never closed, or stands in a plain field, is named by its line", async () => {
  await expect(read('a,b\n1,2\n"3,4\n')).rejects.toThrow(
    /t\.csv, line \d: expected CSV with quoted fields, or quotes: false; got: /,
  );
  await expect(read('a,b\n1,5" pipe\n')).rejects.toThrow(
    /t\.csv, line 2: expected CSV with quoted fields, or quotes: false/,
  );
  expect((await read('a,b\n1,5" pipe\n', { ...CSV, quotes: false })).rows).toEqual([["1", '5" pipe']]);
});

test("numbers are exactly those of Number, on both paths", async () => {
  const random = new Random(5);
  const texts = ["0", "-0.5", "40.719810375488535", "-74.00258103213994", "1e3", ".5", "5.", "123456789012345", "0.1"];
  for (let i = 0; i < 2000; i++)
    texts.push((random.normal() * 10 ** (random.integer(12) - 4)).toFixed(random.integer(14)));
  const path = join(folder, "numbers.csv");
  for (const quote of ["", '"']) {
    writeFileSync(path, `x\n${texts.map((text) => quote + text + quote).join("\n")}\n`);
    const values: number[] = [];
    await readDelimited(path, CSV, {}, () => (row) => void values.push(row.number(0)));
    expect(values).toEqual(texts.map(Number));
  }
  for (const bad of ["nan", "1,5", "0x10", "--1", "1.2.3", "Infinity", " "]) {
    writeFileSync(path, `x;y\n${bad};1\n`);
    const reading = readDelimited(path, { ...CSV, separator: ";" }, {}, () => (row) => void row.number(0));
    await expect(reading).rejects.toThrow(/numbers\.csv, line 2: expected a number in column x, got "/);
  }
});
