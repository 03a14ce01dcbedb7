import type { IdTableBuilder } from "@sequitur/core";
import type { SlateChunk } from "./slate-chunk.js";

/** A log that can be read again and again, in chunks; items get their index in the order in which they first appear. */
export interface SlateSource {
  /** Where it is, for reports and messages. */
  readonly name: string;
  readonly items: IdTableBuilder;
  /** Whether rows are grouped into slates; else each row is one choice at its position. */
  hasSlates(): boolean;
  read(onChunk: (chunk: SlateChunk) => void): Promise<void>;
}
