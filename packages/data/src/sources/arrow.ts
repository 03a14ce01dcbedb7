import { basename } from "node:path";
import { tableFromIPC, Type, type DataType, type Table } from "@uwdata/flechette";
import { PlatformError, throwIfCancelled } from "@sequitur/core";
import { registerArrowCodecs } from "./arrow-codecs.js";
import { BadRows } from "./bad-rows.js";
import { pathsOf, valueAt } from "./column-paths.js";
import { binaryText, decimalText, hexText, timeOfDayText } from "./exact-values.js";
import type { ImportRun } from "./source-folder.js";
import type { RowConsumer, TableWish } from "./table-wish.js";
import { packedSize, unpackedChunks } from "./unpack.js";
import { Instant, ValueRow } from "./value-row.js";

const REPORT_ROWS = 1 << 16;

/**
 * Reads an Arrow file or stream (Feather 2), LZ4 and zstd buffers too. The whole file is in memory while it is read: the
 * format has no smaller piece that flechette reads.
 */
export async function readArrow(path: string, wish: TableWish, run: ImportRun, consumer: RowConsumer): Promise<void> {
  const table = await openArrow(path);
  const total = table.numRows;
  if (total === 0) throw new PlatformError("bad-data", `${path}: expected rows, got an empty table.`);
  const tops = table.schema.fields.map(({ name, type }, index) => {
    const column = table.getChildAt(index);
    const exact = exactReader(type);
    const read = (row: number): unknown => exact(column.at(row));
    return { name, type: typeName(type), read };
  });
  const first = Object.fromEntries(tops.map(({ name, read }) => [name, read(0)]));
  const names = [...new Set([...tops.map(({ name }) => name), ...pathsOf(first)])];
  const onRow = consumer(names);
  const types = names.map((name) => tops.find((top) => top.name === name)?.type ?? "");
  const row = new ValueRow({ path, unit: "row", columns: names, types });
  const values = new Array<unknown>(names.length).fill(undefined);
  row.values = values;
  const readers = names.flatMap((name, place) => {
    const isWanted = wish.columns?.has(name) ?? tops.some((top) => top.name === name);
    const top = tops.find((column) => name === column.name || name.startsWith(`${column.name}.`));
    return isWanted && top !== undefined ? [{ place, read: pathReader(name, top) }] : [];
  });
  const badRows = wish.badRows ?? new BadRows();
  for (let at = 0; at < total; at++) {
    for (const { place, read } of readers) values[place] = read(at);
    row.position = at + 1;
    badRows.guard(() => onRow(row));
    if ((at + 1) % REPORT_ROWS !== 0) continue;
    throwIfCancelled(run.signal);
    run.report?.({ task: `read ${basename(path)}`, done: at + 1, total, unit: "rows" });
  }
}

function pathReader(
  name: string,
  top: { readonly name: string; readonly read: (row: number) => unknown },
): (row: number) => unknown {
  if (name === top.name) return top.read;
  return (row) => valueAt({ [top.name]: top.read(row) }, name);
}

async function openArrow(path: string): Promise<Table> {
  await packedSize(path);
  registerArrowCodecs();
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of unpackedChunks(path, { done: 0 })) chunks.push(chunk);
    const bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    return tableFromIPC(new Uint8Array(bytes), { useBigInt: true, useDecimalInt: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PlatformError("bad-data", `${path}: expected an Arrow file (Feather 2), got: ${reason}`, { cause });
  }
}

type Exact = (value: unknown) => unknown;

function exactReader(type: DataType): Exact {
  const known = (read: (value: never) => unknown): Exact => {
    return (value) => (value === null || value === undefined ? value : read(value as never));
  };
  switch (type.typeId) {
    case Type.Decimal:
      return known((value: bigint | number) => decimalText(BigInt(value), type.scale));
    case Type.Timestamp:
    case Type.Date:
      return known((value: number) => new Instant(value));
    case Type.Time:
      return known((value: number | bigint) => timeOfDayText(Number(value) / PER_MS[type.unit]!));
    case Type.Duration:
      return known((value: number | bigint) => `PT${Number(value) / PER_MS[type.unit]! / 1000}S`);
    case Type.FixedSizeBinary:
      return known((value: Uint8Array) => hexText(value));
    case Type.Binary:
    case Type.LargeBinary:
    case Type.BinaryView:
      return known((value: Uint8Array) => binaryText(value));
    case Type.Dictionary:
      return exactReader(type.dictionary);
    case Type.List:
    case Type.LargeList:
    case Type.FixedSizeList: {
      const read = exactReader(type.children[0].type);
      return known((value: ArrayLike<unknown>) => Array.from(value, read));
    }
    case Type.Struct: {
      const fields = type.children.map(({ name, type: inner }) => [name, exactReader(inner)] as const);
      return known((value: Record<string, unknown>) =>
        Object.fromEntries(fields.map(([name, read]) => [name, read(value[name])])),
      );
    }
    default:
      return (value) => value;
  }
}

/** Units of times and durations, by Arrow's number. */
const PER_MS: readonly number[] = [1e-3, 1, 1e3, 1e6];
const NAMES = new Map<number, string>(Object.entries(Type).map(([name, id]) => [id as number, name.toLowerCase()]));

function typeName(type: DataType): string {
  if (type.typeId === Type.Float) return type.precision === 2 ? "double" : "float";
  if (type.typeId === Type.Decimal) return `decimal(${type.precision},${type.scale})`;
  if (type.typeId === Type.List) return `list<${typeName(type.children[0].type)}>`;
  return NAMES.get(type.typeId) ?? "unknown";
}
