import type { AttributeColumns, AttributeValue } from "@sequitur/core";

const NUMBER = /^[+-]?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i;
const BOOLEANS: Readonly<Record<string, boolean>> = { true: true, false: false };

/**
 * Collects attributes as texts by name and row, and gives each column its type at the end: numbers when every value is
 * one (007 is not: it would lose its zeros), true and false when every value is one of them, else text. Empty is null.
 */
export class AttributeBuilder {
  private readonly columns = new Map<string, Map<number, string>>();

  set(name: string, index: number, text: string): void {
    let column = this.columns.get(name);
    if (column === undefined) this.columns.set(name, (column = new Map()));
    if (text !== "") column.set(index, text);
  }

  /** Columns of `size` rows, or undefined when no attribute was set. */
  finish(size: number): AttributeColumns | undefined {
    if (this.columns.size === 0) return undefined;
    return Object.fromEntries([...this.columns].map(([name, column]) => [name, typed(column, size)]));
  }
}

function typed(column: ReadonlyMap<number, string>, size: number): (AttributeValue | null)[] {
  const texts = [...column.values()];
  const read = readerOf(texts);
  const out = new Array<AttributeValue | null>(size).fill(null);
  for (const [index, text] of column) out[index] = read(text);
  return out;
}

function readerOf(texts: readonly string[]): (text: string) => AttributeValue {
  if (texts.every((text) => NUMBER.test(text) && Number.isFinite(Number(text)))) return Number;
  if (texts.every((text) => Object.hasOwn(BOOLEANS, text.toLowerCase())))
    return (text) => BOOLEANS[text.toLowerCase()]!;
  return (text) => text;
}
