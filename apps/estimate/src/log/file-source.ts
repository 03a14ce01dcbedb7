import { IdTableBuilder, PlatformError, type Report } from "@sequitur/core";
import { readRows, type Row } from "@sequitur/data";
import { findColumns, wantedColumns, type LogColumn, type LogColumns } from "./log-columns.js";
import { ChunkBuilder, type ShownPlace } from "./slate-chunk.js";
import type { SlateSource } from "./slate-source.js";

export interface FileRun {
  readonly report?: Report | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The column of Open Bandit, whose positions begin at 1. */
const OPEN_BANDIT_PROPENSITY = "propensity_score";

/** A log in a CSV, TSV, JSON Lines or Parquet file, one shown item a row. */
export function fileSource(path: string, given: LogColumns, run: FileRun): SlateSource {
  const items = new IdTableBuilder();
  let grouped = false;
  return {
    name: path,
    items,
    hasSlates: () => grouped,
    async read(onChunk) {
      const builder = new ChunkBuilder(onChunk);
      let reader: SlateReader | undefined;
      await readRows(path, wantedColumns(given), run, (names) => {
        const columns = findColumns(path, names, given);
        grouped = columns.slate >= 0;
        const firstPosition = names[columns.propensity] === OPEN_BANDIT_PROPENSITY ? 1 : 0;
        reader = new SlateReader({ columns, firstPosition, items, builder });
        return (row) => reader!.read(row);
      });
      reader?.finish();
      builder.flush();
    },
  };
}

interface ReaderParts {
  readonly columns: Readonly<Record<LogColumn, number>>;
  /** What the log calls its first position. */
  readonly firstPosition: number;
  readonly items: IdTableBuilder;
  readonly builder: ChunkBuilder;
}

/** Rows in, slates out. */
class SlateReader {
  private readonly parts: ReaderParts;
  private places: ShownPlace[] = [];
  private slate = "";
  private user = "";
  private time = 0;

  constructor(parts: ReaderParts) {
    this.parts = parts;
  }

  read(row: Row): void {
    const { columns } = this.parts;
    const slate = columns.slate < 0 ? "" : row.text(columns.slate);
    if (this.places.length > 0 && (columns.slate < 0 || slate !== this.slate)) this.finish();
    if (this.places.length === 0) {
      this.slate = slate;
      this.user = columns.user < 0 ? "" : row.text(columns.user);
      this.time = columns.time < 0 ? 0 : instantOf(row, columns.time);
    }
    this.places.push(this.placeOf(row));
  }

  finish(): void {
    if (this.places.length === 0) return;
    const places = this.places.toSorted((a, b) => a.position - b.position);
    this.parts.builder.add(this.user, this.time, places);
    this.places = [];
  }

  private placeOf(row: Row): ShownPlace {
    const { columns, firstPosition, items } = this.parts;
    const reward = row.number(columns.reward);
    const id = row.idText(columns.item);
    const place = {
      item: items.add(id),
      position: this.positionOf(row, columns.position, firstPosition),
      reward,
      propensity: probability(row, columns.propensity, "propensity", false),
      conditional: probability(row, columns.conditional, "conditional", false),
      standardError: standardErrorOf(row, columns.standardError),
      evaluation: probability(row, columns.evaluation, "evaluation", true),
      evaluationConditional: probability(row, columns.evaluationConditional, "evaluation conditional", true),
    };
    if (this.places.some(({ item, position }) => item === place.item || position === place.position)) {
      const message = `items and positions of a slate must be distinct, got item ${id} at position ${place.position} again`;
      throw new PlatformError("bad-data", `${row.where()}: ${message} in slate "${this.slate}".`);
    }
    return place;
  }

  private positionOf(row: Row, column: number, first: number): number {
    if (column < 0) return this.places.length;
    const position = row.number(column) - first;
    if (Number.isInteger(position) && position >= 0 && position < 65_536) return position;
    throw new PlatformError(
      "bad-data",
      `${row.where()}: expected a position from ${first} on, got ${position + first}.`,
    );
  }
}

const UNKNOWN = /^\s*(?:nan|null|none|na)?\s*$/i;

/** A probability; NaN where there is no column, an empty field or NaN. */
function probability(row: Row, column: number, name: string, mayBeZero: boolean): number {
  if (column < 0 || row.isEmpty(column) || UNKNOWN.test(row.text(column))) return Number.NaN;
  const value = row.number(column);
  if (value <= 1 && (value > 0 || (mayBeZero && value === 0))) return value;
  const range = mayBeZero ? "[0, 1]" : "(0, 1]";
  throw new PlatformError(
    "bad-data",
    `${row.where()}: expected a ${name} in ${range}, or nothing where it is unknown, got ${value}.`,
  );
}

/** A standard error; NaN where there is no column, an empty field or NaN. */
function standardErrorOf(row: Row, column: number): number {
  if (column < 0 || row.isEmpty(column) || UNKNOWN.test(row.text(column))) return Number.NaN;
  const value = row.number(column);
  if (value >= 0 && value < Infinity) return value;
  throw new PlatformError("bad-data", `${row.where()}: expected a standard error of at least 0, got ${value}.`);
}

function instantOf(row: Row, column: number): number {
  const typed = row.instant(column);
  if (!Number.isNaN(typed)) return typed;
  const text = row.text(column);
  const time = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isFinite(time)) return time;
  throw new PlatformError("bad-data", `${row.where()}: expected an instant in ms or ISO 8601, got "${text}".`);
}
