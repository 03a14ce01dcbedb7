import type { Interactions, Signals } from "@sequitur/core";
import type { ImportRun, SourceFolder } from "./source-folder.js";

/** What an importer is asked for. */
export interface ImportRequest {
  readonly folder: SourceFolder;
  /** The manifest's options with the caller's on top; each importer parses them by a schema of its own. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** What an importer hands back. */
export interface Imported {
  readonly interactions: Interactions;
  /** One line each: what a reader of results should know of the data, such as synthetic times. */
  readonly notes: readonly string[];
  /** What its events say of liking, where the source's description says so. */
  readonly signals?: Signals | undefined;
  /** Ids of the events, which `context.event` points into; absent when the source gives none. */
  readonly eventIds?: readonly string[] | undefined;
}

/** Reads one family of upstream formats from a folder. */
export type Importer = (request: ImportRequest, run: ImportRun) => Promise<Imported>;
