import { SLOTS_PER_WEEK } from "@sequitur/data";

const MINUTE_MS = 60_000;
const HALF_HOUR_MS = 30 * MINUTE_MS;
const formats = new Map<string, Intl.DateTimeFormat | undefined>();

/** Minutes east of UTC of an IANA zone at an instant (ms since the epoch); undefined for a zone that is not known. */
export function zoneOffsetMinutes(timeZone: string, instant: number): number | undefined {
  if (!formats.has(timeZone)) formats.set(timeZone, formatOf(timeZone));
  const part = formats
    .get(timeZone)
    ?.formatToParts(instant)
    .find(({ type }) => type === "timeZoneName");
  if (part === undefined) return undefined;
  const match = /GMT(?:([+-])(\d\d):(\d\d))?/.exec(part.value);
  const minutes = Number(match?.[2] ?? 0) * 60 + Number(match?.[3] ?? 0);
  return match?.[1] === "-" ? -minutes : minutes;
}

/** Position in an opening table, (12, 336) by month and half hour of the week, of an instant on a local clock. */
export function openingSlot(instant: number, offsetMinutes: number): number {
  const wall = instant + offsetMinutes * MINUTE_MS;
  // 1970-01-01 was a Thursday: three days, 144 half hours, after a Monday.
  const slot = (Math.floor(wall / HALF_HOUR_MS) + 144) % SLOTS_PER_WEEK;
  const month = new Date(wall).getUTCMonth();
  return month * SLOTS_PER_WEEK + (slot < 0 ? slot + SLOTS_PER_WEEK : slot);
}

function formatOf(timeZone: string): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
  } catch {
    return undefined;
  }
}
