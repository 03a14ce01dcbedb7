import { PlatformError, Random } from "@sequitur/core";
import { describe, expect, it } from "vitest";
import { slotOfYear } from "./local-clock.js";
import { isTimeZone, zoneOffsetMinutes } from "./time-zone.js";

describe("time zones", () => {
  it("keeps summer time to the minute", () => {
    const change = Date.UTC(2024, 2, 31, 1);
    expect(zoneOffsetMinutes("Europe/Rome", change - 1)).toBe(60);
    expect(zoneOffsetMinutes("Europe/Rome", change)).toBe(120);
    expect(zoneOffsetMinutes("Europe/Rome", Date.UTC(2024, 2, 31))).toBe(60);
    expect(zoneOffsetMinutes("America/St_Johns", change)).toBe(-150);
  });

  it.each(["America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])(
    "agrees with the formatter: %s",
    (timeZone) => {
      const format = new Intl.DateTimeFormat("en-GB", {
        timeZone,
        hour: "2-digit",
        minute: "2-digit",
        hourCycle: "h23",
      });
      const random = new Random(timeZone);
      for (let i = 0; i < 200; i++) {
        const instant = Date.UTC(2019, 0, 1) + Math.floor(random.uniform() * 6 * 365 * 86_400_000);
        const wall = new Date(instant + zoneOffsetMinutes(timeZone, instant) * 60_000);
        expect(format.format(instant)).toBe(wall.toISOString().slice(11, 16));
      }
    },
  );

  it("names a zone that does not exist", () => {
    expect(isTimeZone("Europe/Vienna")).toBe(true);
    expect(isTimeZone("Mars/Olympus")).toBe(false);
    expect(() => zoneOffsetMinutes("Mars/Olympus", 0)).toThrow(PlatformError);
    expect(() => zoneOffsetMinutes("Mars/Olympus", 0)).toThrow('got "Mars/Olympus"');
  });
});

it("slotOfYear counts months and half hours from Monday on, before 1970 too", () => {
  expect(slotOfYear(Date.UTC(2026, 6, 6, 12), 0)).toBe(6 * 336 + 24);
  expect(slotOfYear(Date.UTC(1969, 11, 29), 0)).toBe(11 * 336);
  expect(slotOfYear(Date.UTC(2026, 6, 5, 23), 60)).toBe(6 * 336);
});
