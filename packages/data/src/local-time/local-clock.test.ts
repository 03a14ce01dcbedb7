import { HOUR_MS, DAY_MS, Random } from "@sequitur/core";
import { expect, test } from "vitest";
import { localClock } from "./local-clock.js";

const from = Date.UTC(2022, 0, 1);
const to = Date.UTC(2025, 0, 1);

test.each(["Europe/Rome", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"])(
  "agrees with the platform's calendar at random instants in %s",
  (timeZone) => {
    const clock = localClock(timeZone, from, to);
    const random = new Random(timeZone);
    const options = { timeZone, weekday: "short", month: "numeric", hour: "2-digit", minute: "2-digit" } as const;
    const format = new Intl.DateTimeFormat("en-US", { ...options, hourCycle: "h23" });
    for (let i = 0; i < 300; i++) {
      const instant = Math.floor(from + random.uniform() * (to - from));
      const parts = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, value]));
      const day = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].indexOf(parts["weekday"]!);
      const slot = day * 48 + Number(parts["hour"]) * 2 + (Number(parts["minute"]) >= 30 ? 1 : 0);
      expect(clock.slotOfWeek(instant)).toBe(slot);
      expect(clock.month(instant)).toBe(Number(parts["month"]) - 1);
    }
  },
);

test("the offset changes at the minute of the zone's rule, in any order of calls", () => {
  const clock = localClock("Europe/Rome", from, to);
  const spring = Date.UTC(2023, 2, 26, 1);
  expect(clock.offsetMinutes(Date.UTC(2024, 6, 1))).toBe(120);
  expect(clock.offsetMinutes(spring - 1)).toBe(60);
  expect(clock.offsetMinutes(spring)).toBe(120);
  expect(clock.offsetMinutes(Date.UTC(2022, 0, 2))).toBe(60);
});

test("a wall time becomes the instant that shows it", () => {
  const clock = localClock("America/New_York", from, to);
  expect(clock.instantOf(Date.UTC(2023, 6, 4, 12))).toBe(Date.UTC(2023, 6, 4, 16));
  expect(clock.instantOf(Date.UTC(2023, 0, 4, 12))).toBe(Date.UTC(2023, 0, 4, 17));
  for (let wall = from + 30 * DAY_MS; wall < to - 30 * DAY_MS; wall += 37 * HOUR_MS) {
    const instant = clock.instantOf(wall);
    const shown = instant + clock.offsetMinutes(instant) * 60_000;
    // Inside the hour that spring skips no instant shows the wall time.
    expect(Math.abs(shown - wall)).toBeLessThanOrEqual(HOUR_MS);
  }
});

test("instants before the epoch and outside the period have a slot too", () => {
  const clock = localClock("UTC", from, to);
  expect(clock.slotOfWeek(-30 * 60_000)).toBe(3 * 48 - 1);
  expect(clock.month(Date.UTC(1969, 11, 31))).toBe(11);
  expect(clock.month(Date.UTC(2040, 4, 5))).toBe(4);
});
