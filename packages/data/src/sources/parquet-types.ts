import { parquetSchema, type FileMetaData, type ParquetParsers, type SchemaElement, type SchemaTree } from "hyparquet";
import { parseExactJson } from "./exact-json.js";
import { binaryText, decimalText, hexText, timeOfDayText } from "./exact-values.js";
import { Instant } from "./value-row.js";

/** A column, or a field within a structure by its path. */
export interface ExactColumn {
  readonly name: string;
  /** The column of the file that holds it. */
  readonly top: string;
  /** As people write it: "decimal(38,0)", "list<int64>". */
  readonly type: string;
  /** Turns the raw value of the whole `top` into the one that is kept; absent when they are the same. */
  readonly exact: ((value: unknown) => unknown) | undefined;
}

/** hyparquet's own parsers cut instants to whole milliseconds. */
export const PARSERS: Partial<ParquetParsers> = {
  timestampFromMilliseconds: (ms) => new Instant(Number(ms)),
  timestampFromMicroseconds: (us) => new Instant(Number(us) / 1e3),
  timestampFromNanoseconds: (ns) => new Instant(Number(ns / 1000n) / 1e3 + Number(ns % 1000n) / 1e6),
  dateFromDays: (days) => new Instant(days * 86_400_000),
  jsonFromBytes: (bytes) => bytes && parseExactJson(Buffer.from(bytes).toString("utf8")),
};

/** Every column and every field within structures, with how to keep its values exact. */
export function exactColumns(metadata: FileMetaData): ExactColumn[] {
  return parquetSchema(metadata).children.flatMap((child) => {
    const top = child.element.name;
    const exact = exactReader(child);
    const column = { name: top, top, type: typeName(child), exact };
    return [column, ...fieldsOf(child, top, top, exact)];
  });
}

/**
 * A copy of the metadata whose decimals are read as they are stored: hyparquet makes doubles of them, which merges ids of
 * more than 15 digits.
 */
export function withoutLossyTypes(metadata: FileMetaData): FileMetaData {
  const schema = metadata.schema.map((element): SchemaElement => {
    if (!isDecimal(element)) return element;
    const { converted_type: _converted, logical_type: _logical, ...raw } = element;
    return raw;
  });
  return { ...metadata, schema };
}

function fieldsOf(
  node: SchemaTree,
  path: string,
  top: string,
  exact: ((value: unknown) => unknown) | undefined,
): ExactColumn[] {
  if (!isStructure(node)) return [];
  return node.children.flatMap((child) => {
    const name = `${path}.${child.element.name}`;
    return [{ name, top, type: typeName(child), exact }, ...fieldsOf(child, name, top, exact)];
  });
}

function isStructure(node: SchemaTree): boolean {
  const { converted_type: type } = node.element;
  return node.children.length > 0 && type !== "LIST" && type !== "MAP" && type !== "MAP_KEY_VALUE";
}

function exactReader(node: SchemaTree): ((value: unknown) => unknown) | undefined {
  const { element, children } = node;
  if (children.length === 0) {
    const leaf = leafReader(element);
    return element.repetition_type === "REPEATED" ? listReader(leaf) : leaf;
  }
  if (element.converted_type === "LIST") {
    const repeated = children[0]!;
    return listReader(exactReader(repeated.children.length === 1 ? repeated.children[0]! : repeated));
  }
  if (!isStructure(node)) return undefined;
  const readers = children.flatMap((child) => {
    const read = exactReader(child);
    return read === undefined ? [] : [[child.element.name, read] as const];
  });
  if (readers.length === 0) return undefined;
  return (value) => {
    if (typeof value !== "object" || value === null) return value;
    const fields = value as Record<string, unknown>;
    return { ...fields, ...Object.fromEntries(readers.map(([name, read]) => [name, read(fields[name])])) };
  };
}

function listReader(read: ((value: unknown) => unknown) | undefined): ((value: unknown) => unknown) | undefined {
  return read && ((value) => (Array.isArray(value) ? value.map(read) : value));
}

function leafReader(element: SchemaElement): ((value: unknown) => unknown) | undefined {
  const { type, logical_type: logical, converted_type: converted } = element;
  if (isDecimal(element)) return decimalReader(element.scale ?? 0);
  if (logical?.type === "TIME" || converted?.startsWith("TIME_M")) {
    const perMs = type === "INT32" ? 1 : logical?.type === "TIME" && logical.unit === "NANOS" ? 1e6 : 1e3;
    return (value) =>
      typeof value === "number" || typeof value === "bigint" ? timeOfDayText(Number(value) / perMs) : value;
  }
  if (converted !== undefined || logical !== undefined) return undefined;
  if (type === "FIXED_LEN_BYTE_ARRAY") return (value) => (value instanceof Uint8Array ? hexText(value) : value);
  if (type === "BYTE_ARRAY") {
    return (value) => (value instanceof Uint8Array ? binaryText(value) : value);
  }
  return undefined;
}

function isDecimal({ converted_type: converted, logical_type: logical }: SchemaElement): boolean {
  return converted === "DECIMAL" || logical?.type === "DECIMAL";
}

function decimalReader(scale: number): (value: unknown) => unknown {
  return (value) => {
    if (value === undefined || value === null) return value;
    return decimalText(value instanceof Uint8Array ? signedInteger(value) : BigInt(value as number | bigint), scale);
  };
}

/** Two's complement, most significant byte first. */
function signedInteger(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt.asIntN(bytes.length * 8, BigInt(`0x${hexText(bytes)}`));
}

const PLAIN_TYPES: Readonly<Record<string, string>> = {
  BOOLEAN: "boolean",
  INT32: "int32",
  INT64: "int64",
  INT96: "timestamp",
  FLOAT: "float",
  DOUBLE: "double",
  BYTE_ARRAY: "binary",
  FIXED_LEN_BYTE_ARRAY: "fixed binary",
};

function typeName(node: SchemaTree): string {
  const { element, children } = node;
  if (element.converted_type === "LIST") {
    const repeated = children[0]!;
    return `list<${typeName(repeated.children.length === 1 ? repeated.children[0]! : repeated)}>`;
  }
  if (children.length > 0) return element.converted_type?.startsWith("MAP") === true ? "map" : "structure";
  if (isDecimal(element)) return `decimal(${element.precision ?? "?"},${element.scale ?? 0})`;
  const logical = element.logical_type?.type ?? element.converted_type;
  return logical?.toLowerCase() ?? PLAIN_TYPES[element.type ?? ""] ?? "unknown";
}
