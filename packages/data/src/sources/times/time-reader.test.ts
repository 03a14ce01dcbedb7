import { expect, test } from "vitest";
import { ValueRow } from "../value-row.js";
import { parseDate, zoneToUtc } from "./dates.js";
import { TimeReader, timeReader, type TimeForm } from "./time-reader.js";
import { fittingFormats, luxonFormat } from "./written-format.js";

const AUTO: TimeForm = { unit: "auto", zone: "UTC" };

/** Reads values one after another as a column named when. */
function column(values: readonly unknown[], form: Partial<TimeForm> = {}): { times: number[]; notes: string[] } {
  const reader = new TimeReader({ ...AUTO, ...form }, "when");
  const row = new ValueRow({ path: "log.csv", unit: "line", columns: ["when"] });
  const times = values.map((value, index) => {
    row.position = index + 2;
    row.values = [value];
    return reader.read(row, 0);
  });
  return { times, notes: reader.notes() };
}

const iso = (values: readonly unknown[], form?: Partial<TimeForm>): string[] =>
  column(values, form).times.map((time) => new Date(time).toISOString().slice(0, 19));

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
    "2012-04/03",
  ]) {
    expect(parseDate(text)).toBeNaN();
  }
  expect(parseDate("Tue Foo 03 18:00:09 +0000 2012")).toBeNaN();
});

test("other standard forms, and dates in a zone of their own", () => {
  const instant = Date.UTC(2023, 11, 20, 16, 17, 19);
  expect(parseDate("Wed, 20 Dec 2023 16:17:19 GMT")).toBe(instant);
  expect(parseDate("20231220T161719Z")).toBe(instant);
  expect(parseDate("2023/12/20 16:17:19")).toBe(instant);
  expect(iso(["2023-07-01 12:00", "2023-12-01 12:00"], { zone: "America/New_York" })).toEqual([
    "2023-07-01T16:00:00",
    "2023-12-01T17:00:00",
  ]);
  expect(iso(["2023-07-01 12:00Z"], { zone: "America/New_York" })).toEqual(["2023-07-01T12:00:00"]);
  const rome = zoneToUtc("Europe/Rome");
  const around = [0, 1, 3].map((hour) => new Date(rome(Date.UTC(2023, 2, 26, hour))).toISOString().slice(5, 16));
  expect(around).toEqual(["03-25T23:00", "03-26T00:00", "03-26T01:00"]);
});

test("a count since 1970 shows its unit by where it falls", () => {
  const second = 1_703_089_039;
  for (const scale of [1, 1e3, 1e6, 1e9]) expect(column([String(second * scale)]).times[0]).toBe(second * 1000);
  expect(column([1_703_089_039_000_000n]).times).toEqual([second * 1000]);
  expect(column(["881250949"]).notes[0]).toBe("Times were taken to be in s, as the first row suggests.");
  expect(column(["1703089039000000"], { unit: "us" }).times).toEqual([second * 1000]);
  expect(column(["1703089039000000000"], { unit: "ns" }).times).toEqual([second * 1000]);
});

test("calendar numbers of every length are read", () => {
  expect(iso(["20231220", "20240127"])).toEqual(["2023-12-20T00:00:00", "2024-01-27T00:00:00"]);
  expect(iso(["20231220.0"])).toEqual(["2023-12-20T00:00:00"]);
  expect(iso(["202312201617"])).toEqual(["2023-12-20T16:17:00"]);
  expect(iso(["20231220161719"])).toEqual(["2023-12-20T16:17:19"]);
  expect(iso(["20231220161719123"])).toEqual(["2023-12-20T16:17:19"]);
  expect(iso(["2023122016"], { unit: "calendar" })).toEqual(["2023-12-20T16:00:00"]);
  expect(iso(["2023"], { unit: "calendar" })).toEqual(["2023-01-01T00:00:00"]);
  expect(column(["20231220"]).notes).toEqual([
    "Times were read as calendar numbers: 20231220 is 2023-12-20, UTC.",
    "Every event has the same time: their order is that of the rows.",
  ]);
  expect(() => column(["20231220", "20231232"])).toThrow(/line 3: expected .* in column when, got "20231232"/);
});

const refused: [string, readonly unknown[], RegExp][] = [
  ["a year", ["2023"], /looks like a year.*time=when:calendar.*order=when/],
  ["a month", ["202312"], /looks like a calendar number, yyyyMM/],
  ["an hour or a second of 2034", ["2023122016"], /yyyyMMddHH: say time=when:calendar, or time=when:s/],
  ["days of a spreadsheet", ["45280.67902"], /spreadsheet's count of days: say time=when:excel/],
  ["digits lost to an exponent", ["1.70E+09"], /digits were lost to scientific notation/],
  ["digits lost later on", ["1703089039", "1.71E+09"], /line 3: .*scientific notation/],
  ["an hour of the day", ["14"], /lie in the 1970s: .* order=when in place of time.*time=when:s/],
  ["a clock time", ["08:20:34"], /time of day has no date: join the columns, such as time=date\+clock/],
  ["a duration", ["2 days 03:04:05"], /a duration is no instant/],
  ["digits from the day on", ["25122023"], /written as digits: --time-format ddMMyyyy\.$/],
  ["a short year", ["231225"], /--time-format yyMMdd/],
  ["a number among dates", ["2023-12-20", "1703089039"], /line 3: .*the rows before are dates/],
  ["zero", ["0", "1703089039"], /0 and -1 usually stand for an unknown time: --skip-bad/],
  ["zero later on", ["1703089039", "0"], /line 3: .*unknown time: --skip-bad/],
  ["minus one later on", ["1703089039", "-1"], /line 3: .*unknown time/],
  ["the first instant of all", ["2023-12-20", "1970-01-01T00:00:00Z"], /line 3: .*unknown time/],
  ["an empty date of a spreadsheet", ["2023-12-20", "1900-01-01"], /line 3: .*unknown time/],
  ["a date of a database", ["2023-12-20", "9999-12-31"], /line 3: .*unknown or endless time/],
  ["the date of MySQL", ["0000-00-00 00:00:00"], /stands for an unknown time/],
  ["seconds among ms", ["1703089039000", "1703384273"], /line 3: .*it looks like s; a column must keep to one unit/],
  ["ms among seconds", ["1703089039", "1703384273000"], /line 3: .*it looks like ms; a column must keep to one unit/],
  ["an American date", ["12/20/2023 16:17"], /say how it is written: --time-format "M\/d\/yyyy H:mm"\./],
  ["a date of either order", ["01/02/2023"], /--time-format "M\/d\/yyyy" or --time-format "d\/M\/yyyy"/],
  ["a German date", ["20.12.2023"], /--time-format "d.M.yyyy"/],
  ["nothing", [""], /the time is missing/],
];
test.each(refused)("%s is refused with what it seems to be", (_what, values, message) => {
  expect(() => column(values)).toThrow(message);
});

test("a stated unit is believed, but not a mixture", () => {
  expect(column(["3", "0", "5"], { unit: "s" }).times).toEqual([3000, 0, 5000]);
  expect(column(["3", "0", "5"], { unit: "s" }).notes).toEqual([
    "Times lie between 1970-01-01 and 1970-01-01: check that their unit is right.",
  ]);
  expect(() => column(["1703089039000", "1703384273"], { unit: "ms" })).toThrow(/it looks like s/);
  expect(() => column(["1703384273", "1703089039000"], { unit: "ms" })).toThrow(/line 3: .*while log.csv, line 2 lies/);
  expect(() => column(["1318896000000"], { unit: "s" })).toThrow(/expected a time in s before 5138 in column when/);
  expect(iso(["45280.67902"], { unit: "excel" })).toEqual(["2023-12-20T16:17:47"]);
});

test("written formats, in the letters of Luxon or of Python", () => {
  expect(iso(["12/20/2023 4:07 PM"], { format: "M/d/yyyy h:mm a" })).toEqual(["2023-12-20T16:07:00"]);
  expect(iso(["20.12.2023"], { format: "%d.%m.%Y", zone: "Europe/Berlin" })).toEqual(["2023-12-19T23:00:00"]);
  expect(iso(["20/Dec/2023:16:17:19 +0100"], { format: "%d/%b/%Y:%H:%M:%S %z" })).toEqual(["2023-12-20T15:17:19"]);
  expect(luxonFormat("%Y-%m-%dT%H")).toBe("yyyy-M-d'T'H");
  expect(() => luxonFormat("%Q")).toThrow(/expected one of %Y/);
  expect(() => luxonFormat("YYYY-MM-DD")).toThrow(/expected letters such as yyyy-MM-dd/);
  expect(fittingFormats(["12/20/2023", "01/02/2023"])).toEqual(["M/d/yyyy"]);
  expect(() => column(["2023-12-20"], { format: "d.M.yyyy" })).toThrow(/expected a date written as d.M.yyyy/);
});

test("times that are none name the row and what came", () => {
  for (const text of ["NaN", "", "inf", "12 o'clock"]) {
    expect(() => column([text], { unit: "s" })).toThrow(/^log\.csv, line 2: expected .* in column when, got "/);
    expect(() => column([text], { unit: "iso" })).toThrow(/expected a date such as .* in column when, got "/);
  }
  const row = new ValueRow({ path: "log.csv", unit: "line", columns: ["when"] });
  row.values = [new Date(1_703_089_039_000)];
  expect(timeReader("ms", "column when")(row, 0)).toBe(1_703_089_039_000);
});
