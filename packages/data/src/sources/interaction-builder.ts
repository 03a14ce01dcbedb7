import {
  interactionsFrom,
  type Catalog,
  type IdTable,
  idTable,
  type Interactions,
  type ItemColumns,
  type NumberColumn,
} from "@sequitur/core";
import { ByteIdTable } from "./byte-id-table.js";
import type { TextEncoding } from "./text-blocks.js";

const CHUNK_ROWS = 1 << 18;

/** A column whose length is not known before: whole chunks, joined once, so that no doubling copies a large array. */
export class GrowingColumn<T extends NumberColumn> {
  private readonly chunks: T[] = [];
  private current: T;
  private at = 0;
  private readonly make: new (length: number) => T;

  constructor(make: new (length: number) => T) {
    this.make = make;
    this.current = new make(CHUNK_ROWS);
  }

  get length(): number {
    return this.chunks.length * CHUNK_ROWS + this.at;
  }

  push(value: number): void {
    if (this.at === CHUNK_ROWS) {
      this.chunks.push(this.current);
      this.current = new this.make(CHUNK_ROWS);
      this.at = 0;
    }
    this.current[this.at++] = value;
  }

  /** All values as one array; the column is empty afterwards. */
  take(): T {
    const out = new this.make(this.length);
    let at = 0;
    for (const chunk of this.chunks) {
      out.set(chunk, at);
      at += CHUNK_ROWS;
    }
    out.set(this.current.subarray(0, this.at), at);
    this.chunks.length = 0;
    this.at = 0;
    return out;
  }
}

/** Collects rows in input order; ids get indices by first appearance. Importers read the id tables to place columns. */
export class InteractionBuilder {
  readonly users = new ByteIdTable();
  readonly items = new ByteIdTable();
  private readonly userColumn = new GrowingColumn(Int32Array);
  private readonly itemColumn = new GrowingColumn(Int32Array);
  private readonly timeColumn = new GrowingColumn(Float64Array);
  /** Filled beside `add` by an importer whose source has them; a column left out stays absent. */
  readonly context: {
    weight?: GrowingColumn<Float32Array>;
    kind?: GrowingColumn<Int32Array>;
    event?: GrowingColumn<Int32Array>;
    position?: GrowingColumn<Int32Array>;
    session?: GrowingColumn<Int32Array>;
    part?: GrowingColumn<Int8Array>;
    latitude?: GrowingColumn<Float64Array>;
    longitude?: GrowingColumn<Float64Array>;
    utcOffsetMinutes?: GrowingColumn<Int16Array>;
  } = {};

  /** Set when the times are only an order. */
  timesAre: Catalog["timesAre"];

  get size(): number {
    return this.userColumn.length;
  }

  add(user: number, item: number, time: number): void {
    this.userColumn.push(user);
    this.itemColumn.push(item);
    this.timeColumn.push(time);
  }

  /** Item ids by index, decoded once; the tables of items are matched to these. */
  itemIds(encoding: TextEncoding): IdTable {
    return idTable(this.items.ids(encoding));
  }

  /** Sorts and checks; the builder must not be used afterwards. `times` replaces those that were added. */
  finish(
    encoding: TextEncoding,
    itemColumns: ItemColumns,
    items = this.itemIds(encoding),
    times: Float64Array = this.timeColumn.take(),
    kinds?: readonly string[],
  ): Interactions {
    const { timesAre } = this;
    const users = idTable(this.users.ids(encoding));
    const catalog: Catalog = { items, users, itemColumns, ...(timesAre && { timesAre }), ...(kinds && { kinds }) };
    const context: Record<string, NumberColumn> = {};
    for (const [name, column] of Object.entries(this.context)) context[name] = column.take();
    return interactionsFrom(catalog, {
      users: this.userColumn.take(),
      items: this.itemColumn.take(),
      times,
      context,
    });
  }
}
