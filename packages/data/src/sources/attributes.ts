import type { AttributeColumns, AttributeValue } from "@sequitur/core";
import type { TableFormat } from "./mapping.js";

const NUMBER = /^[+-]?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i;
const COMMA_NUMBER = /^[+-]?(0|[1-9]\d*)(,\d+)?(e[+-]?\d+)?$/i;
const BOOLEANS: Readonly<Record<string, boolean>> = { true: true, false: false };

/**
 * Collects attributes as texts by name and row, and gives each column its type at the end: numbers when every value is
 * one (007 is not: it would lose its zeros), true and false when every value is one of them, else text. Empty is null.
 * Tables with decimal commas have numbers such as 1,5.
 */
export class AttributeBuilder {
  private readonly columns = new Map<string, Column>();

  set(name: string, index: number, text: string, decimal: TableFormat["decimal"] = "point"): void {
    let column = this.columns.get(name);
    if (column === undefined) this.columns.set(name, (column = { texts: new Map(), decimal }));
    if (text !== "") column.texts.set(index, text);
  }

  /** Columns of `size` rows, or undefined when no attribute was set. */
  finish(size: number): AttributeColumns | undefined {
    if (this.columns.size === 0) return undefined;
    return Object.fromEntries([...this.columns].map(([name, column]) => [name, typed(column, size)]));
  }
}

interface Column {
  readonly texts: Map<number, string>;
  readonly decimal: TableFormat["decimal"];
}

function typed({ texts, decimal }: Column, size: number): (AttributeValue | null)[] {
  const read = readerOf([...texts.values()], decimal);
  const out = new Array<AttributeValue | null>(size).fill(null);
  for (const [index, text] of texts) out[index] = read(text);
  return out;
}

function readerOf(texts: readonly string[], decimal: TableFormat["decimal"]): (text: string) => AttributeValue {
  const shape = decimal === "comma" ? COMMA_NUMBER : NUMBER;
  const numberOf = (text: string): number => Number(decimal === "comma" ? text.replace(",", ".") : text);
  if (texts.every((text) => shape.test(text) && Number.isFinite(numberOf(text)))) return numberOf;
  if (texts.every((text) => Object.hasOwn(BOOLEANS, text.toLowerCase())))
    return (text) => BOOLEANS[text.toLowerCase()]!;
  return (text) => text;
}
