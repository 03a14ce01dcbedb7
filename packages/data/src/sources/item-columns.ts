import type { IdTable, ItemColumns } from "@sequitur/core";
import { AttributeBuilder } from "./attributes.js";
import type { TableFormat } from "./mapping.js";
import { isTimeZone } from "../local-time/time-zone.js";
import { badField, type Row } from "./row.js";

/** Collects what is known of items by index; a column nobody set stays absent, a value nobody set is missing. */
export class ItemColumnsBuilder {
  private readonly size: number;
  private titles: string[] | undefined;
  private categories: (readonly string[])[] | undefined;
  private readonly texts = new Map<string, string[]>();
  private latitudes: Float64Array | undefined;
  private longitudes: Float64Array | undefined;
  private openingHours: string[] | undefined;
  private timeZones: string[] | undefined;
  private availableFrom: Float64Array | undefined;
  private availableUntil: Float64Array | undefined;
  private readonly attributes = new AttributeBuilder();

  constructor(items: IdTable) {
    this.size = items.size;
  }

  setTitle(item: number, title: string): void {
    this.titles ??= new Array<string>(this.size).fill("");
    this.titles[item] = title;
  }

  setCategories(item: number, categories: readonly string[]): void {
    this.categories ??= Array.from({ length: this.size }, () => []);
    this.categories[item] = categories;
  }

  setText(name: string, item: number, text: string): void {
    let column = this.texts.get(name);
    if (column === undefined) {
      column = new Array<string>(this.size).fill("");
      this.texts.set(name, column);
    }
    column[item] = text;
  }

  setCoordinates(item: number, [latitude, longitude]: readonly [number, number]): void {
    this.latitudes ??= new Float64Array(this.size).fill(Number.NaN);
    this.longitudes ??= new Float64Array(this.size).fill(Number.NaN);
    this.latitudes[item] = latitude;
    this.longitudes[item] = longitude;
  }

  setOpeningHours(item: number, hours: string): void {
    this.openingHours ??= new Array<string>(this.size).fill("");
    this.openingHours[item] = hours;
  }

  setTimeZone(item: number, timeZone: string): void {
    this.timeZones ??= new Array<string>(this.size).fill("");
    this.timeZones[item] = timeZone;
  }

  /** ms since the epoch, UTC. */
  setAvailableFrom(item: number, time: number): void {
    this.availableFrom ??= new Float64Array(this.size).fill(Number.NaN);
    this.availableFrom[item] = time;
  }

  /** ms since the epoch, UTC. */
  setAvailableUntil(item: number, time: number): void {
    this.availableUntil ??= new Float64Array(this.size).fill(Number.NaN);
    this.availableUntil[item] = time;
  }

  /** The column gets its type from all of its values at the end. */
  setAttribute(name: string, item: number, text: string, decimal?: TableFormat["decimal"]): void {
    this.attributes.set(name, item, text, decimal);
  }

  finish(): ItemColumns {
    const { titles, categories, latitudes, longitudes, openingHours, timeZones, texts } = this;
    const { availableFrom, availableUntil } = this;
    const attributes = this.attributes.finish(this.size);
    return {
      ...(titles && { titles }),
      ...(categories && { categories }),
      ...(texts.size > 0 && { texts: Object.fromEntries(texts) }),
      ...(latitudes && longitudes && { latitudes, longitudes }),
      ...(openingHours && { openingHours }),
      ...(timeZones && { timeZones }),
      ...(availableFrom && { availableFrom }),
      ...(availableUntil && { availableUntil }),
      ...(attributes && { attributes }),
    };
  }
}

/** (lat, lon) of two fields, checked against [-90, 90] and [-180, 180]. */
export function readCoordinates(row: Row, latitudeField: number, longitudeField: number): readonly [number, number] {
  const latitude = row.number(latitudeField);
  const longitude = row.number(longitudeField);
  if (!(Math.abs(latitude) <= 90)) {
    const hint = Math.abs(longitude) <= 90 ? " (are latitude and longitude swapped?)" : "";
    throw badField(row, "latitude", `degrees in [-90, 90]${hint}`, row.text(latitudeField));
  }
  if (!(Math.abs(longitude) <= 180))
    throw badField(row, "longitude", "degrees in [-180, 180]", row.text(longitudeField));
  return [latitude, longitude];
}

/** The IANA time zone of a field, or "" for an empty one. */
export function readTimeZone(row: Row, field: number): string {
  const timeZone = row.text(field);
  if (timeZone === "" || isTimeZone(timeZone)) return timeZone;
  throw badField(row, "time zone", "an IANA name such as Europe/Rome", timeZone);
}

/** Counts values by item and tells the most common one; ties go to the value seen first. */
export class CommonestValues {
  private readonly counts: Map<string, number>[] = [];

  add(item: number, value: string): void {
    const counts = (this.counts[item] ??= new Map());
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }

  of(item: number): string {
    let best = "";
    let bestCount = 0;
    for (const [value, count] of this.counts[item] ?? []) {
      if (count > bestCount) [best, bestCount] = [value, count];
    }
    return best;
  }

  /** How many items had more than one value. */
  disputed(): number {
    return this.counts.filter((counts) => counts.size > 1).length;
  }

  /** Sets the most common "lat lon" of each item. */
  placeCoordinates(columns: ItemColumnsBuilder): void {
    for (let item = 0; item < this.counts.length; item++) {
      const [latitude, longitude] = this.of(item).split(" ").map(Number) as [number, number];
      columns.setCoordinates(item, [latitude, longitude]);
    }
  }
}
