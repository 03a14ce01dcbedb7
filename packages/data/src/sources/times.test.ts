import { expect, test } from "vitest";
import { ValueRow } from "./row.js";
import { detectUnit, parseDate, timeReader, type TimeUnit } from "./times.js";

const at = (text: unknown, unit: TimeUnit): number => {
  const row = new ValueRow("log.csv", "line", ["when"]);
  row.position = 7;
  row.values = [text];
  return timeReader(unit, "column when")(row, 0);
};

test("dates in every written form", () => {
  const instant = Date.UTC(2012, 3, 3, 18, 0, 9);
  expect(parseDate("2012-04-03T18:00:09Z")).toBe(instant);
  expect(parseDate("2012-04-03 18:00:09")).toBe(instant);
  expect(parseDate("2012-04-03 18:00:09 UTC")).toBe(instant);
  expect(parseDate("2012-04-03T14:00:09-04:00")).toBe(instant);
  expect(parseDate("2012-04-03T23:30:09+0530")).toBe(instant);
  expect(parseDate("2012-04-03T20:00:09+02")).toBe(instant);
  expect(parseDate("Tue Apr 03 18:00:09 +0000 2012")).toBe(instant);
  expect(parseDate("Tue Apr 03 14:00:09 -0400 2012")).toBe(instant);
  expect(parseDate("2012-04-03")).toBe(Date.UTC(2012, 3, 3));
  expect(parseDate("2019-11-24 00:03:24.688993+00:00")).toBeCloseTo(Date.UTC(2019, 10, 24, 0, 3, 24) + 688.993, 3);
});

test("what is no date is NaN, also when Date.parse would roll it over", () => {
  for (const text of [
    "",
    "nan",
    "2012-02-30",
    "2012-13-01",
    "2012-01-01T25:00:00",
    "2012-01-01T10:61:00",
    "04/03/2012",
  ]) {
    expect(parseDate(text)).toBeNaN();
  }
  expect(parseDate("Tue Foo 03 18:00:09 +0000 2012")).toBeNaN();
});

test("auto decides between seconds, ms and dates at the first row and keeps to it", () => {
  expect(detectUnit("881250949")).toBe("s");
  expect(detectUnit("1318896000000")).toBe("ms");
  expect(detectUnit("2011-10-18")).toBe("iso");
  const row = new ValueRow("log.csv", "line", ["when"]);
  const read = timeReader("auto", "column when");
  row.values = ["881250949"];
  expect(read(row, 0)).toBe(881_250_949_000);
  row.values = ["1318896000000"];
  expect(() => read(row, 0)).toThrow(/expected a time in s before 5138 in column when, got "1318896000000"/);
});

test("times that are none name the row and what came", () => {
  for (const text of ["NaN", "", "inf", "12 o'clock"]) {
    expect(() => at(text, "s")).toThrow(/^log\.csv, line 7: expected .* in column when, got "/);
    expect(() => at(text, "iso")).toThrow(/^log\.csv, line 7: expected a date such as .* in column when, got "/);
  }
  expect(() => at("1e300", "ms")).toThrow(/expected a time in ms before 5138/);
  expect(() => at(1_318_896_000_000_000n, "auto")).toThrow(/expected a time in ms before 5138/);
  expect(at(new Date(5), "ms")).toBe(5);
  expect(at(7n, "s")).toBe(7000);
});
