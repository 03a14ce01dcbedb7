import type { Interactions, Signals } from "@sequitur/core";
import { fingerprint } from "../prepared/fingerprint.js";
import { countDuplicates } from "../prepared/stats.js";
import type { Imported } from "../sources/importer.js";

/** Interactions with their origin. */
export interface Dataset {
  /** The key in `--data`, caches and reports. */
  readonly name: string;
  readonly title: string;
  readonly licence: string;
  /** How to cite it; "" when nobody asks for it. */
  readonly citation: string;
  /** Whether coming back to an item is normal (places) or not expected (ratings). */
  readonly revisits: boolean;
  readonly interactions: Interactions;
  /** What its events say of liking, where its mapping says so; the default table for kinds otherwise. */
  readonly signals?: Signals | undefined;
  /** Ids of the events, which `context.event` points into; absent when the source gives none. */
  readonly eventIds?: readonly string[] | undefined;
  /** One line each, for the reader of results: synthetic times, duplicates, missing companions. */
  readonly notes: readonly string[];
  /** sha256 (hex) of columns, ids and item columns. */
  readonly fingerprint: string;
}

/** What is said of a data set beside its rows. */
export type DatasetAbout = Pick<Dataset, "name" | "title" | "licence" | "citation" | "revisits">;

/** Closes an import: counts duplicates into the notes, adds the time zone, takes the fingerprint. */
export function datasetFrom(about: DatasetAbout, imported: Imported, timeZone?: string): Dataset {
  const interactions = timeZone === undefined ? imported.interactions : withTimeZone(imported.interactions, timeZone);
  const duplicates = countDuplicates(interactions);
  const notes = [...imported.notes];
  if (duplicates > 0) notes.push(`Exact duplicate rows, kept: ${duplicates}.`);
  const { signals, eventIds } = imported;
  return {
    ...about,
    interactions,
    notes,
    fingerprint: fingerprint(interactions),
    ...(signals && { signals }),
    ...(eventIds && { eventIds }),
  };
}

function withTimeZone(interactions: Interactions, timeZone: string): Interactions {
  const { catalog } = interactions;
  const timeZones = new Array<string>(catalog.items.size).fill(timeZone);
  return { ...interactions, catalog: { ...catalog, itemColumns: { ...catalog.itemColumns, timeZones } } };
}
