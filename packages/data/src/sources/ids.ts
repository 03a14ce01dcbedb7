import type { IdTable } from "@sequitur/core";
import type { ByteIdTable } from "./byte-id-table.js";
import type { Row } from "./row.js";

/** How ids are compared: as written, or as whole numbers where they are numbers. */
export type IdForm = "text" | "whole";

/** What programs write where there is no value. */
const NO_ID = /^(?:nan|null|none|nil|undefined|n\/?a|<na>|\\n|-1|\s+)$/i;
const SHOWN = 3;

/** The index of a row's id in a table that grows. */
export function idReader(form: IdForm): (row: Row, field: number, table: ByteIdTable) => number {
  if (form === "text") return (row, field, table) => row.id(field, table);
  return (row, field, table) => table.addText(wholeId(row.idText(field)));
}

/** 17 for 17.0, 00017 and " 17"; other texts as they are. */
export function wholeId(text: string): string {
  const match = /^\s*(-?)0*(\d+)(?:\.0*)?\s*$/.exec(text);
  return match === null ? text : `${match[1]}${match[2]}`;
}

/** What looks wrong among the ids of `what` ("user" or "item"), one note each. */
export function idNotes({ ids }: IdTable, what: string): string[] {
  const notes: string[] = [];
  const note = (found: readonly string[], text: string): void => {
    if (found.length > 0) notes.push(`${capital(what)} ids: ${text} (${examples(found)}).`);
  };
  note(
    ids.filter((id) => NO_ID.test(id)),
    "some are what programs write for a missing value, and are taken as ids",
  );
  note(
    ids.filter((id) => id.trim() !== id && id.trim() !== ""),
    "some begin or end with a blank, and are taken with it",
  );
  note(
    ids.filter((id) => /^".*"$/.test(id)),
    "some are within quotes, and are taken with them; --quotes takes them off",
  );
  note(unnormalized(ids), "some differ only in how accents are encoded, and are taken as different");
  if (ids.length > 0 && ids.every((id) => /^-?\d+\.0$/.test(id))) {
    note(ids, "all end in .0, as whole numbers do in a column of floating-point numbers; --ids whole reads 17.0 as 17");
  }
  return notes;
}

/** Up to three ids, quoted. */
export function examples(ids: Iterable<string>): string {
  const shown: string[] = [];
  for (const id of ids) {
    shown.push(JSON.stringify(id.length > 40 ? `${id.slice(0, 40)}...` : id));
    if (shown.length === SHOWN) break;
  }
  return shown.join(", ");
}

function unnormalized(ids: readonly string[]): string[] {
  // eslint-disable-next-line no-control-regex
  const accented = ids.filter((id) => /[^\u0000-\u007f]/.test(id));
  const composed = new Set(accented.filter((id) => id.normalize("NFC") === id));
  return accented.filter((id) => !composed.has(id) && composed.has(id.normalize("NFC")));
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
