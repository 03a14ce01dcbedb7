import type { Random } from "@sequitur/core";

/** Draws OSM `opening_hours` texts, one drawer a kind of business; half-hour steps, local time. */
const HOURS = {
  always: () => "24/7",
  cafe: (random) => {
    const open = clock(14 + random.integer(4));
    const close = 34 + random.integer(5);
    return chosen(random, [
      `Mo-Su ${open}-${clock(close)}`,
      `Mo-Fr ${open}-${clock(close)}; Sa-Su ${clock(18)}-${clock(close - 2)}`,
      `Tu-Su ${open}-${clock(close)}`,
    ]);
  },
  bakery: (random) => {
    const open = clock(12 + random.integer(3));
    return chosen(random, [
      `Mo-Sa ${open}-18:00; Su 08:00-12:00`,
      `Mo-Fr ${open}-18:30; Sa ${open}-13:00`,
      `Tu-Su ${open}-17:00`,
    ]);
  },
  iceCream: (random) =>
    chosen(random, [
      "Mo-Su 12:00-22:00",
      "Mar-Oct Mo-Su 11:00-23:00",
      "Apr-Sep Mo-Su 11:00-23:00; Oct Sa-Su 12:00-19:00",
    ]),
  restaurant: (random) => {
    const last = clock(44 + random.integer(4));
    return chosen(random, [
      `Mo-Su 11:30-14:30,18:00-${last}`,
      `Tu-Su 12:00-14:30,18:30-${last}`,
      `Mo-Su 11:30-${last}`,
      `Mo-Sa 18:00-${last}; Su 12:00-16:00`,
    ]);
  },
  dinner: (random) => {
    const last = clock(45 + random.integer(4));
    return chosen(random, [`Tu-Su 18:00-${last}`, `We-Su 18:30-${last}; Su 12:00-15:00`, `Mo-Sa 17:30-${last}`]);
  },
  lunch: (random) =>
    chosen(random, ["Mo-Fr 08:00-17:00", "Mo-Fr 11:00-15:00", "Mo-Sa 10:30-18:00", "Mo-Su 10:00-20:00"]),
  late: (random) => {
    const last = clock(46 + random.integer(6));
    return chosen(random, [`Mo-Su 11:00-${last}`, `Mo-Th 11:00-23:00, Fr-Sa 11:00-05:00, Su 12:00-23:00`, "24/7"]);
  },
  bar: (random) => {
    const open = clock(34 + random.integer(6));
    const last = clock(48 + random.integer(5));
    return chosen(random, [
      `Mo-Su ${open}-${last}`,
      `Mo-Th ${open}-${last}, Fr-Sa ${open}-03:00`,
      `We-Sa ${open}-${last}`,
      `Tu-Th ${open}-00:30, Fr-Sa ${open}-02:30`,
    ]);
  },
  garden: (random) =>
    chosen(random, ["Apr-Oct Mo-Su 11:00-23:00", "May-Sep Mo-Fr 16:00-23:30; May-Sep Sa-Su 11:00-23:30"]),
  club: (random) =>
    chosen(random, ["Fr-Sa 22:00-05:00", "Th-Sa 21:00-04:00", "We-Sa 19:30-03:00", "Th-Su 19:00-01:00"]),
  shop: (random) => {
    const open = clock(18 + random.integer(3));
    return chosen(random, [
      `Mo-Sa ${open}-19:00`,
      `Mo-Fr ${open}-18:30; Sa ${open}-17:00`,
      `Mo-Su ${open}-20:00`,
      `Mo 14:00-19:00; Tu-Sa ${open}-12:30,14:30-19:00`,
    ]);
  },
  longShop: (random) =>
    chosen(random, ["Mo-Sa 07:00-22:00", "Mo-Su 08:00-21:00", "Mo-Sa 07:30-20:00; Su 09:00-13:00", "24/7"]),
  market: (random) => chosen(random, ["Sa 07:00-13:00", "We,Sa 07:00-14:00", "Sa-Su 08:00-14:00"]),
  salon: (random) => chosen(random, ["Tu-Sa 09:00-18:30", "Mo-Fr 10:00-20:00; Sa 09:00-16:00"]),
  gym: (random) =>
    chosen(random, ["Mo-Fr 06:00-23:00; Sa-Su 08:00-21:00", "24/7", "Mo-Fr 07:00-22:00; Sa-Su 09:00-18:00"]),
  summerPool: (random) =>
    chosen(random, ["May-Sep Mo-Su 09:00-20:00", "Jun-Aug Mo-Su 08:00-21:00; May,Sep Sa-Su 10:00-19:00"]),
  winterRink: (random) =>
    chosen(random, ["Nov-Mar Mo-Su 10:00-21:30", "Oct-Mar Tu-Fr 14:00-22:00; Oct-Mar Sa-Su 10:00-22:00"]),
  spa: (random) => chosen(random, ["Mo-Su 10:00-22:00", "Tu-Su 09:00-21:00"]),
  evening: (random) =>
    chosen(random, ["Mo-Su 16:00-24:00", "Tu-Su 18:00-23:30", "Mo-Fr 17:00-23:30, Sa-Su 13:00-00:30"]),
  museum: (random) =>
    chosen(random, ["Tu-Su 10:00-18:00", "We-Mo 10:00-17:00", "Tu-Fr 11:00-19:00; Sa-Su 10:00-18:00"]),
  advent: (random) => chosen(random, ["Dec Mo-Su 11:00-21:00", "Nov-Dec Mo-Th 15:00-21:30; Nov-Dec Fr-Su 11:00-22:30"]),
  office: (random) => chosen(random, ["Mo-Fr 08:00-20:00", "Mo-Fr 07:00-22:00; Sa 09:00-18:00"]),
  library: (random) => chosen(random, ["Mo-Fr 09:00-20:00; Sa 10:00-16:00", "Tu-Sa 10:00-19:00"]),
  daylight: (random) => chosen(random, ["Mo-Su 08:00-19:00", "Mo-Sa 09:00-18:00; Su 07:30-20:00"]),
} satisfies Record<string, (random: Random) => string>;

export type HoursKind = keyof typeof HOURS;

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** The opening hours of one place of a kind; in the south the months turn by six, but for Advent. */
export function drawOpeningHours(kind: HoursKind, random: Random, southern: boolean): string {
  const hours = HOURS[kind](random);
  if (!southern || kind === "advent") return hours;
  return hours.replaceAll(/[A-Z][a-z]{2}/g, (month) => MONTHS[(MONTHS.indexOf(month) + 6) % 12]!);
}

function chosen(random: Random, options: readonly string[]): string {
  return options[random.integer(options.length)]!;
}

/** Half hours after midnight as HH:MM; past 24:00 it is the next day's clock, as OSM writes it. */
function clock(halfHours: number): string {
  const wrapped = halfHours > 48 ? halfHours - 48 : halfHours;
  return `${String(Math.floor(wrapped / 2)).padStart(2, "0")}:${wrapped % 2 === 0 ? "00" : "30"}`;
}
