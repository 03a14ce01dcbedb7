import { PlatformError, Random } from "@sequitur/core";
import { expect, test } from "vitest";
import { CATEGORIES } from "../city/categories.js";
import { drawOpeningHours } from "../city/opening-hours.js";
import { SLOTS_PER_WEEK } from "./local-clock.js";
import { CLOSED, OPEN, openingTable, UNKNOWN } from "./opening-table.js";

const DAYS = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];

function state(hours: string, month: number, day: string, clock: string): number {
  const [hour, minute] = clock.split(":").map(Number) as [number, number];
  const slot = DAYS.indexOf(day) * 48 + hour * 2 + (minute >= 30 ? 1 : 0);
  return openingTable(hours)[month * SLOTS_PER_WEEK + slot]!;
}

function isOpen(...when: Parameters<typeof state>): boolean {
  return state(...when) === OPEN;
}

test("a plain week opens at the first minute and closes before the last", () => {
  const hours = "Mo-Fr 09:30-18:00; Sa 10:00-13:00";
  expect(isOpen(hours, 0, "Mo", "09:29")).toBe(false);
  expect(isOpen(hours, 0, "Mo", "09:30")).toBe(true);
  expect(isOpen(hours, 0, "Fr", "17:59")).toBe(true);
  expect(isOpen(hours, 0, "Fr", "18:00")).toBe(false);
  expect(isOpen(hours, 0, "Sa", "11:00")).toBe(true);
  expect(isOpen(hours, 0, "Su", "11:00")).toBe(false);
});

test("a span past midnight belongs to the evening before, also from Sunday to Monday", () => {
  const hours = "Fr-Su 22:00-04:30";
  expect(isOpen(hours, 5, "Fr", "23:00")).toBe(true);
  expect(isOpen(hours, 5, "Fr", "03:00")).toBe(false);
  expect(isOpen(hours, 5, "Sa", "03:00")).toBe(true);
  expect(isOpen(hours, 5, "Mo", "04:00")).toBe(true);
  expect(isOpen(hours, 5, "Mo", "04:30")).toBe(false);
});

test("a later rule replaces an earlier one on its days, and off closes", () => {
  const hours = "Mo-Su 09:00-18:00; Sa 10:00-12:00; Su off";
  expect(isOpen(hours, 0, "Sa", "09:30")).toBe(false);
  expect(isOpen(hours, 0, "Sa", "11:30")).toBe(true);
  expect(isOpen(hours, 0, "Su", "11:00")).toBe(false);
});

test("after a semicolon the night before is cut off at midnight, after a comma it goes on", () => {
  expect(isOpen("Th 18:00-02:00; Fr 20:00-23:00", 0, "Fr", "01:00")).toBe(false);
  expect(isOpen("Th 18:00-02:00, Fr 20:00-23:00", 0, "Fr", "01:00")).toBe(true);
  expect(isOpen("Th 18:00-02:00, Fr 20:00-23:00", 0, "Fr", "22:00")).toBe(true);
  expect(isOpen("Th-Fr 18:00-02:00; Sa off", 0, "Sa", "01:00")).toBe(false);
});

test("months limit a rule, lists and ranges may wrap, spans may be split", () => {
  const hours = "May-Sep Mo-Su 09:00-20:00; Oct,Apr Sa 12:00-13:00,15:00-16:00";
  expect(isOpen(hours, 6, "We", "12:00")).toBe(true);
  expect(isOpen(hours, 11, "We", "12:00")).toBe(false);
  expect(isOpen(hours, 3, "Sa", "12:30")).toBe(true);
  expect(isOpen(hours, 3, "Sa", "14:00")).toBe(false);
  expect(isOpen("Nov-Feb Mo-Su 10:00-11:00", 0, "Tu", "10:00")).toBe(true);
  expect(isOpen("We-Mo 10:00-17:00", 0, "Su", "10:00")).toBe(true);
  expect(isOpen("We-Mo 10:00-17:00", 0, "Tu", "10:00")).toBe(false);
  expect(isOpen("24/7", 0, "Tu", "03:00")).toBe(true);
});

test("the longer part of a half hour and of a month decides", () => {
  expect(isOpen("Mo 09:15-18:00", 0, "Mo", "09:00")).toBe(true);
  expect(isOpen("Mo 09:20-18:00", 0, "Mo", "09:00")).toBe(false);
  expect(isOpen("Jun 08-Sep 08 10:00-20:00", 5, "We", "12:00")).toBe(true);
  expect(isOpen("Jun 08-Sep 08 10:00-20:00", 8, "We", "12:00")).toBe(false);
  expect(isOpen("Mo-Fr 08:00-18:00; PH off; Dec 25 off", 11, "Mo", "12:00")).toBe(true);
});

test("reads what people write: no minutes, no hours, daylight, days alone", () => {
  expect(isOpen("Mo-Fr 9-18", 0, "Fr", "17:30")).toBe(true);
  expect(isOpen("Mo-Fr", 3, "We", "03:00")).toBe(true);
  expect(isOpen("Mo-Fr", 3, "Su", "03:00")).toBe(false);
  expect(isOpen("sunrise-sunset", 0, "Mo", "12:00")).toBe(true);
  expect(isOpen("sunrise-sunset", 0, "Mo", "05:30")).toBe(false);
  expect(openingTable("off").every((slot) => slot === CLOSED)).toBe(true);
});

test("what the text leaves open is unknown, neither open nor closed", () => {
  expect(state('Mo 10:00-12:00 "by appointment"', 0, "Mo", "11:00")).toBe(UNKNOWN);
  expect(state('Mo 10:00-12:00 "by appointment"', 0, "Mo", "13:00")).toBe(CLOSED);
  expect(state("Mo 18:00+", 0, "Mo", "18:30")).toBe(UNKNOWN);
});

test("the clock of this machine does not matter", () => {
  const hours = "Mo-Su 01:00-04:30; Oct Su 02:30-03:30";
  const zone = process.env["TZ"];
  const tables = ["UTC", "America/New_York", "Australia/Lord_Howe"].map((name, i) => {
    process.env["TZ"] = name;
    return openingTable(hours + " ".repeat(i)); // another text, so that it is read again
  });
  if (zone === undefined) delete process.env["TZ"];
  else process.env["TZ"] = zone;
  expect(tables[1]).toEqual(tables[0]);
  expect(tables[2]).toEqual(tables[0]);
});

test.each(["", "Mo-Fr 25:99", "Xx 09:00-18:00", "Mo 10:00", "Foo-Bar Mo off", "Mo 09:00-18:00; SH off"])(
  "what it cannot read is bad-data: %s",
  (hours) => {
    expect(() => openingTable(hours)).toThrow(PlatformError);
    expect(() => openingTable(hours)).toThrow(`opening hours "${hours}"`);
  },
);

test("every kind of business draws hours that can be read, and is open at some time", () => {
  const random = new Random("hours");
  for (const { hours } of CATEGORIES) {
    for (let i = 0; i < 12; i++) {
      const table = openingTable(drawOpeningHours(hours, random, i % 2 === 1));
      expect(table.some((open) => open === OPEN)).toBe(true);
    }
  }
});
