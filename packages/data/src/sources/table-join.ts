import { NONE, type IdTable } from "@sequitur/core";
import { examples, wholeId, type IdForm } from "./ids.js";
import type { Row } from "./row.js";

/** Below this share of ids with a row in the table, the note shows ids of both sides. */
const FEW = 0.5;
const SHOWN = 3;

/** Looks ids of a table up among those of the events and counts what matches. */
export class TableJoin {
  private readonly file: string;
  private readonly known: IdTable;
  private readonly what: string;
  private readonly form: IdForm;
  private readonly seen: Uint8Array;
  private readonly strangers: string[] = [];
  private rows = 0;
  private covered = 0;
  private repeated = 0;

  /** `what` are the things that have the ids, "items" or "users". */
  constructor(file: string, known: IdTable, what: string, form: IdForm) {
    this.file = file;
    this.known = known;
    this.what = what;
    this.form = form;
    this.seen = new Uint8Array(known.size);
  }

  /** The index of the row's id, or NONE when no event has it. */
  find(row: Row, field: number): number {
    const text = row.idText(field);
    const id = this.form === "whole" ? wholeId(text) : text;
    const index = this.known.indexOf(id);
    this.rows += 1;
    if (index === NONE) {
      if (this.strangers.length < SHOWN) this.strangers.push(id);
    } else if (this.seen[index] === 1) this.repeated += 1;
    else {
      this.seen[index] = 1;
      this.covered += 1;
    }
    return index;
  }

  notes(): string[] {
    const { file, known, what, covered, rows, repeated } = this;
    const notes: string[] = [];
    if (covered < known.size) {
      const missing = known.ids.filter((_, index) => this.seen[index] === 0);
      const few = covered < FEW * known.size ? this.bothSides(missing) : ` Without a row: ${examples(missing)}.`;
      const share = covered === 0 ? "none" : `${covered}`;
      notes.push(`${file}: its ${rows} rows describe ${share} of ${known.size} ${what}.${few}`);
    }
    if (repeated > 0) notes.push(`${file}: ${repeated} rows repeat an id; what the last one says counts.`);
    return notes;
  }

  private bothSides(missing: readonly string[]): string {
    if (this.strangers.length === 0) return ` Without a row: ${examples(missing)}.`;
    const plain = (id: string): string => wholeId(id.trim()).toLowerCase();
    const here = new Set(this.known.ids.map(wholeId));
    const alike = new Set(this.known.ids.map(plain));
    let hint = "";
    if (this.strangers.some((id) => here.has(wholeId(id))))
      hint = " --ids whole reads 17.0, 00017 and 17 as the same id.";
    else if (this.strangers.some((id) => alike.has(plain(id)))) hint = " They differ in case or blanks.";
    return ` Ids there look like ${examples(this.strangers)}, those of the events like ${examples(missing)}.${hint}`;
  }
}
