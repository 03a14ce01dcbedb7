import { idTable, interactionsFrom, PlatformError, Random, type ItemColumns } from "@sequitur/core";
import { CLOSED, OPEN, openingTable, UNKNOWN } from "@sequitur/data";
import { decodeArtifact, encodeArtifact } from "@sequitur/recommender";
import { describe, expect, it, test } from "vitest";
import { activeHours } from "./active-hours.js";
import { hoursAgreement, nextInstantAt, stateAt, suppressClosed, timetableStates } from "./closed-places.js";
import { fitHours } from "./fit-hours.js";
import { hoursConfigSchema } from "./hours-config.js";
import { hoursFrom, hoursTensors } from "./hours-tensors.js";
import { pairWeek, placeHours, type HoursSources } from "./place-hours.js";

const REFUSE: HoursSources = { unreadable: "refuse", pairs: {} };
const catalogOf = (itemColumns: ItemColumns, size: number) => ({
  items: idTable(Array.from({ length: size }, (_, i) => `place ${i}`)),
  users: idTable(["u"]),
  itemColumns,
});
/** Monday 6 July 2026, at an hour UTC. */
const monday = (hour: number): number => Date.UTC(2026, 6, 6) + hour * 3_600_000;
const at = (hour: number) => ({ instant: monday(hour) });

describe("pairs of hours", () => {
  const openAt = (pair: [number, number], hour: number) => pairWeek(pair)[hour * 2] === OPEN;
  it("[18, 2) is open at 23 and 1 and closed at 12; [0, 24) is always open", () => {
    expect([openAt([18, 2], 23), openAt([18, 2], 1), openAt([18, 2], 12)]).toEqual([true, true, false]);
    expect([openAt([18, 2], 2), openAt([18, 2], 18), openAt([9, 17], 17)]).toEqual([false, true, false]);
    expect(pairWeek([0, 24]).every((state) => state === OPEN)).toBe(true);
  });

  it("serve the places of a category that have no hours of their own", () => {
    const columns = { categories: [["food", "bar"], ["food", "bar"], ["food"]], openingHours: ["", "24/7", ""] };
    const hours = placeHours(catalogOf(columns, 3), { unreadable: "refuse", pairs: { bar: [18, 2] } });
    expect([0, 1, 2].map((item) => stateAt(hours, item, at(12)))).toEqual([CLOSED, OPEN, UNKNOWN]);
    expect(stateAt(hours, 0, at(1))).toBe(OPEN);
  });
});

describe("compiled hours", () => {
  const texts = ["Mo-Fr 09:00-18:00", "May-Sep Mo-Su 10:00-20:00", "Mo-Fr 09:00-18:00", ""];
  const timeZones = ["Europe/Rome", "Europe/Rome", "Asia/Tokyo", "Europe/Rome"];
  const hours = placeHours(catalogOf({ openingHours: texts, timeZones }, 4), REFUSE);

  it("share timetables and weeks", () => {
    expect([...hours.timetables]).toEqual([0, 1, 2, -1]);
    expect(hours.zones).toEqual(["Europe/Rome", "Asia/Tokyo"]);
    expect(hours.weeks.length / 336).toBe(3); // office, summer, closed
  });

  it("agree with the table of the text on each place's own clock", () => {
    const random = new Random("hours");
    const wall = (zone: string) =>
      new Intl.DateTimeFormat("en-US", {
        timeZone: zone,
        weekday: "short",
        month: "numeric",
        hour: "numeric",
        minute: "numeric",
        hourCycle: "h23",
      });
    for (let i = 0; i < 300; i++) {
      const instant = Date.UTC(2025, 0, 1) + Math.floor(random.uniform() * 730 * 86_400_000);
      const item = random.integer(3);
      const parts = Object.fromEntries(
        wall(timeZones[item]!)
          .formatToParts(instant)
          .map(({ type, value }) => [type, value]),
      );
      const day = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].indexOf(parts["weekday"]!);
      const slot = day * 48 + Number(parts["hour"]) * 2 + (Number(parts["minute"]) >= 30 ? 1 : 0);
      const expected = openingTable(texts[item]!)[(Number(parts["month"]) - 1) * 336 + slot];
      expect(stateAt(hours, item, { instant })).toBe(expected);
      expect(timetableStates(hours, { instant })[hours.timetables[item]!]).toBe(expected);
    }
  });

  it("keep summer time: 08:30 UTC is before opening in winter and after it in summer", () => {
    expect(stateAt(hours, 0, { instant: Date.UTC(2026, 0, 5, 7, 30) })).toBe(CLOSED);
    expect(stateAt(hours, 0, { instant: Date.UTC(2026, 6, 6, 7, 30) })).toBe(OPEN);
  });

  it("go by the visitor's clock where the place has no time zone", () => {
    const zoneless = placeHours(catalogOf({ openingHours: ["Mo 21:00-22:00"] }, 1), REFUSE);
    expect(stateAt(zoneless, 0, { instant: monday(12), utcOffsetMinutes: 540 })).toBe(OPEN);
    expect(stateAt(zoneless, 0, at(12))).toBe(CLOSED);
  });

  it("come back from an artifact", () => {
    const catalog = catalogOf({ openingHours: texts, timeZones }, 4);
    const artifact = { model: "seaget", config: {}, catalog, tensors: new Map(hoursTensors(hours)) };
    const back = hoursFrom(decodeArtifact(encodeArtifact(artifact), "test"));
    expect(back).toEqual(hours);
    const nothing = placeHours(catalogOf({}, 4), REFUSE);
    const empty = { ...artifact, tensors: new Map(hoursTensors(nothing)) };
    expect(hoursFrom(decodeArtifact(encodeArtifact(empty), "test"))).toEqual(nothing);
    expect(() => hoursFrom({ ...artifact, tensors: new Map() })).toThrow("hours.weeks");
  });
});

describe("bad hours", () => {
  it("name the item and the text, or count as unknown when asked to", () => {
    const catalog = catalogOf({ openingHours: ["24/7", "whenever we like"] }, 2);
    expect(() => placeHours(catalog, REFUSE)).toThrow(PlatformError);
    expect(() => placeHours(catalog, REFUSE)).toThrow(/^item place 1: opening hours "whenever we like"/);
    const lenient = placeHours(catalog, { unreadable: "unknown", pairs: {} });
    expect([0, 1].map((item) => stateAt(lenient, item, at(3)))).toEqual([OPEN, UNKNOWN]);
  });

  it("name the item whose time zone does not exist", () => {
    const catalog = catalogOf({ openingHours: ["24/7"], timeZones: ["Mars/Olympus"] }, 1);
    expect(() => placeHours(catalog, REFUSE)).toThrow(/^item place 0: a time zone .* got "Mars\/Olympus"/);
  });
});

describe("the filter", () => {
  const hours = placeHours(catalogOf({ openingHours: ["10:00-12:00", "08:00-20:00", "", "11:00-19:00"] }, 4), REFUSE);
  const filtered = (config: object, hour: number, candidates?: number[], scores = [5, 4, 3, 2]) => {
    const row = Float32Array.from(candidates?.map((item) => scores[item]!) ?? scores);
    suppressClosed(row, hours, at(hour), hoursConfigSchema.parse(config), candidates && Int32Array.from(candidates));
    return [...row];
  };

  it("takes 2 from closed places by default, 1000 in the hard form, nothing when off or with penalty 0", () => {
    expect(filtered({}, 15)).toEqual([3, 4, 3, 2]);
    expect(filtered({ form: "hard" }, 15)).toEqual([-995, 4, 3, 2]);
    expect(filtered({ form: "off" }, 15)).toEqual([5, 4, 3, 2]);
    expect(filtered({ penalty: 0 }, 15)).toEqual([5, 4, 3, 2]);
    expect(filtered({}, 15, [3, 0])).toEqual([2, 3]);
  });

  it("never closes unknown hours, and is skipped when every scored place is closed", () => {
    expect(filtered({ form: "hard" }, 3)).toEqual([-995, -996, 3, -998]);
    expect(filtered({ form: "hard" }, 3, [0, 1, 3])).toEqual([5, 4, 2]);
    expect(filtered({ form: "hard" }, 3, undefined, [5, 4, Number.NaN, 2])).toEqual([5, 4, Number.NaN, 2]);
  });

  it("never changes the order among open places", () => {
    const random = new Random("order");
    for (let i = 0; i < 50; i++) {
      const scores = Array.from({ length: 4 }, () => random.normal());
      const hour = random.integer(24);
      const open = [0, 1, 2, 3].filter((item) => stateAt(hours, item, at(hour)) !== CLOSED);
      const after = filtered({ penalty: 3 }, hour, undefined, scores);
      expect(open.map((item) => after[item])).toEqual(open.map((item) => Math.fround(scores[item]!)));
    }
  });

  it("counts the true check-ins that it forbids", () => {
    const visits = [at(11), at(13), at(7), at(7)];
    expect(hoursAgreement(hours, [0, 0, 1, 2], visits)).toEqual({
      checkIns: 4,
      unknown: 1,
      closed: 2,
      closedShare: 0.5,
    });
    expect(hoursAgreement(hours, [], []).closedShare).toBe(0);
  });
});

test("the predicted time of day is the next instant that shows it", () => {
  expect(nextInstantAt(monday(10), 0.5, 0)).toBe(monday(12));
  expect(nextInstantAt(monday(13), 0.5, 0)).toBe(monday(36));
  expect(nextInstantAt(monday(10), 0.5, 120)).toBe(monday(10));
  expect(nextInstantAt(monday(10), 1.7, 0)).toBe(monday(24));
  expect(nextInstantAt(monday(10), -3, 0)).toBe(monday(24));
});

describe("learned hours", () => {
  const categories = [["bar"], ["office"], ["rare"], []];
  /** Bars at 20-24 h, offices at 9-17 h on weekdays, one rare visit at noon. */
  const train = (() => {
    const random = new Random("active");
    const rows = Array.from({ length: 4000 }, (_, i) => {
      const item = i === 0 ? 2 : i % 2;
      const day = item === 1 ? random.integer(5) : random.integer(7);
      const hour = item === 0 ? 20 + random.uniform() * 4 : item === 1 ? 9 + random.uniform() * 8 : 12;
      return { item, time: monday(24 * day + hour) + 7 * 86_400_000 * random.integer(20) };
    });
    return interactionsFrom(catalogOf({ categories }, 4), {
      users: new Int32Array(rows.length),
      items: Int32Array.from(rows, ({ item }) => item),
      times: Float64Array.from(rows, ({ time }) => time),
    });
  })();
  const hours = fitHours(train, hoursConfigSchema.parse({ learnedShare: 0.02 }));

  it("find when a category is asleep, and forbid no more check-ins than stated", () => {
    expect([stateAt(hours, 0, at(22)), stateAt(hours, 0, at(10))]).toEqual([OPEN, CLOSED]);
    expect([stateAt(hours, 1, at(22)), stateAt(hours, 1, at(10)), stateAt(hours, 1, at(5 * 24 + 3))]).toEqual([
      CLOSED,
      OPEN,
      CLOSED,
    ]);
    const visits = Array.from(train.times, (instant) => ({ instant }));
    const share = hoursAgreement(hours, train.items, visits).closedShare;
    expect(share).toBeLessThan(0.03);
  });

  it("follow everybody where a category was hardly seen, and know nothing of places without one", () => {
    expect(stateAt(hours, 2, at(21))).toBe(OPEN);
    expect(stateAt(hours, 2, at(4))).toBe(CLOSED);
    expect(stateAt(hours, 3, at(4))).toBe(UNKNOWN);
    expect(stateAt(fitHours(train, hoursConfigSchema.parse({})), 0, at(10))).toBe(UNKNOWN);
  });

  it("close nothing for check-ins without rhythm", () => {
    const random = new Random("noise");
    const size = 20_000;
    const noise = interactionsFrom(train.catalog, {
      users: new Int32Array(size),
      items: new Int32Array(size),
      times: Float64Array.from({ length: size }, () => monday(0) + random.uniform() * 280 * 86_400_000),
    });
    const closed = activeHours(noise, 0.02)
      .get("bar")!
      .reduce((sum, state) => sum + (state === CLOSED ? 1 : 0), 0);
    expect(closed / 336).toBeLessThan(0.03);
  });
});
