import { DAY_MS, PlatformError } from "@sequitur/core";

/** What is known of a zone: its formatter, and the offset of every UTC day asked so far (NaN: it changes within). */
interface Zone {
  readonly format: Intl.DateTimeFormat;
  readonly days: Map<number, number>;
}

const zones = new Map<string, Zone>();

/** Whether the name is a time zone that this machine knows, such as America/New_York. */
export function isTimeZone(timeZone: string): boolean {
  return zoneOf(timeZone) !== undefined;
}

/**
 * Minutes east of UTC of an IANA zone at an instant (ms since the epoch), summer time included. Throws `bad-data` for a
 * zone that does not exist.
 */
export function zoneOffsetMinutes(timeZone: string, instant: number): number {
  const zone = zoneOf(timeZone);
  if (zone === undefined) {
    throw new PlatformError("bad-data", `time zone must be an IANA name such as Europe/Rome, got "${timeZone}".`);
  }
  const day = Math.floor(instant / DAY_MS);
  let offset = zone.days.get(day);
  if (offset === undefined) {
    const first = offsetAt(zone, day * DAY_MS);
    offset = first === offsetAt(zone, (day + 1) * DAY_MS) ? first : Number.NaN;
    zone.days.set(day, offset);
  }
  return Number.isNaN(offset) ? offsetAt(zone, instant) : offset;
}

function offsetAt({ format }: Zone, instant: number): number {
  const part = format.formatToParts(instant).find(({ type }) => type === "timeZoneName");
  const match = /GMT(?:([+-])(\d\d):(\d\d))?/.exec(part?.value ?? "");
  const minutes = Number(match?.[2] ?? 0) * 60 + Number(match?.[3] ?? 0);
  return match?.[1] === "-" ? -minutes : minutes;
}

function zoneOf(timeZone: string): Zone | undefined {
  const known = zones.get(timeZone);
  if (known !== undefined) return known;
  try {
    const format = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
    const zone = { format, days: new Map<number, number>() };
    zones.set(timeZone, zone);
    return zone;
  } catch {
    return undefined; // a RangeError: there is no such zone
  }
}
