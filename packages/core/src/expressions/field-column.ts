import { NONE } from "../id-table.js";

/** Values of one field, one a row. */
export type FieldColumn =
  /** NaN: unknown. */
  | { readonly type: "number"; readonly values: Float64Array }
  /** `FALSE`, `UNKNOWN` or `TRUE`. */
  | { readonly type: "boolean"; readonly values: Uint8Array }
  | TextColumn
  /** Row r has the texts of codes[offsets[r] .. offsets[r + 1]]; an empty list counts as unknown. */
  | {
      readonly type: "texts";
      readonly offsets: Int32Array;
      readonly codes: Int32Array;
      readonly texts: readonly string[];
    };

/** Texts by number, so that a comparison costs one look at each distinct text. */
export interface TextColumn {
  readonly type: "text";
  /** Index into `texts`; NONE: unknown. */
  readonly codes: Int32Array;
  readonly texts: readonly string[];
}

/** Truth values: `and` is the least, `or` the greatest, `not x` is TRUE - x. */
export const FALSE = 0;
export const UNKNOWN = 1;
export const TRUE = 2;

/** The column of plain values of one type; null is unknown. A column of nulls alone counts as text. */
export function fieldColumn(values: readonly (string | number | boolean | null)[]): FieldColumn {
  const first = values.find((value) => value !== null);
  if (typeof first === "number") {
    return {
      type: "number",
      values: Float64Array.from(values, (value) => (typeof value === "number" ? value : Number.NaN)),
    };
  }
  if (typeof first === "boolean") {
    return {
      type: "boolean",
      values: Uint8Array.from(values, (value) => (value === true ? TRUE : value === false ? FALSE : UNKNOWN)),
    };
  }
  return textColumn(values.map((value) => (value === null ? null : String(value))));
}

/** The column of texts; null is unknown. */
export function textColumn(values: readonly (string | null)[]): TextColumn {
  const { codeOf, texts } = dictionary();
  return { type: "text", codes: Int32Array.from(values, (value) => (value === null ? NONE : codeOf(value))), texts };
}

/** The column of lists of texts. */
export function textsColumn(lists: readonly (readonly string[])[]): FieldColumn {
  const { codeOf, texts } = dictionary();
  const offsets = new Int32Array(lists.length + 1);
  for (const [row, list] of lists.entries()) offsets[row + 1] = offsets[row]! + list.length;
  return { type: "texts", offsets, codes: Int32Array.from(lists.flat(), codeOf), texts };
}

function dictionary(): { readonly codeOf: (text: string) => number; readonly texts: readonly string[] } {
  const codes = new Map<string, number>();
  const texts: string[] = [];
  const codeOf = (text: string): number => {
    const known = codes.get(text);
    if (known !== undefined) return known;
    codes.set(text, texts.length);
    return texts.push(text) - 1;
  };
  return { codeOf, texts };
}
