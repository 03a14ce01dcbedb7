import { idTable } from "@sequitur/core";
import { expect, it } from "vitest";
import { unitVectors } from "../geography/distance.js";
import { placeHours } from "../hours/place-hours.js";
import { explainPlace, type AskedMoment, type PlaceKnowledge } from "./explain-place.js";

const HOUR = 3_600_000;
/** Monday 6 July 2026, 16:30 UTC: 18:30 in Rome. */
const NOW = Date.UTC(2026, 6, 6, 16, 30);
const KNOWLEDGE: PlaceKnowledge = {
  hours: placeHours(
    {
      items: idTable(["office", "bar", "somewhere"]),
      itemColumns: { openingHours: ["Mo-Fr 08:00-18:00", "17:00-01:00", ""], timeZones: Array(3).fill("Europe/Rome") },
    },
    { unreadable: "refuse", pairs: {} },
  ),
  season: {
    periods: 4,
    factors: Float32Array.of(1, 1, 1, 1, 0.5, 1, 1.8, 1, 1, 1, 1.1, 1),
  },
  vectors: unitVectors({
    latitudes: Float64Array.of(44.4, 44.4036, Number.NaN),
    longitudes: Float64Array.of(8.9, 8.9, Number.NaN),
  }),
  trips: (from, to) => (from === 0 && to === 1 ? { count: 14, total: 117 } : { count: 0, total: 117 }),
};
const day = 24 * HOUR;
const ASKED: AskedMoment = {
  visit: { instant: NOW, utcOffsetMinutes: 120 },
  period: 2,
  items: [1, 1, 1, 0],
  // A like hour on a Friday; a Sunday; a Thursday morning; now.
  times: [NOW - 3 * day + HOUR, NOW - day, NOW - 4 * day - 8 * HOUR, NOW - HOUR],
};

it("gathers the numbers of a place at a moment", () => {
  const bar = explainPlace(1, ASKED, KNOWLEDGE);
  expect(bar).toMatchObject({ opening: "open", localMinutes: 18 * 60 + 30, visits: { total: 3, alike: 1 } });
  expect(bar.seasonFactor).toBeCloseTo(1.8, 5);
  expect(bar.distanceKm).toBeCloseTo(0.4, 2);
  expect(bar.trips).toEqual({ count: 14, share: 14 / 117 });
  expect(explainPlace(0, ASKED, KNOWLEDGE)).toMatchObject({ opening: "closed", visits: { total: 1, alike: 1 } });
});

it("leaves out what nobody knows", () => {
  const somewhere = explainPlace(2, ASKED, KNOWLEDGE);
  expect(somewhere).not.toHaveProperty("distanceKm");
  expect(somewhere).toMatchObject({
    opening: "unknown",
    visits: { total: 0, alike: 0 },
    trips: { count: 0, share: 0 },
  });
  const blank = explainPlace(2, { ...ASKED, items: [], times: [] }, {});
  expect(blank).toEqual({
    localMinutes: 18 * 60 + 30,
    opening: "unknown",
    visits: { total: 0, alike: 0 },
    text: "nothing is known of this place yet",
  });
});

it("tells them in one line", () => {
  expect(explainPlace(1, ASKED, KNOWLEDGE).text).toBe(
    "you came 3 times, 1 of them at about this time; 12 % go there next (14 trips); 400 m from your last place; open at 18:30; " +
      "1.8 times its usual visits in this season",
  );
  expect(explainPlace(0, ASKED, KNOWLEDGE).text).toBe(
    "you came once, at about this time; where you were last; closed at 18:30",
  );
  expect(explainPlace(2, ASKED, KNOWLEDGE).text).toBe("nothing is known of this place yet");
});
