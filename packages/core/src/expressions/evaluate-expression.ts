import { maxOf, minOf } from "../extremes.js";
import { NONE } from "../id-table.js";
import {
  combineNumbers,
  combineTruth,
  compareNumbers,
  compareTruth,
  finiteOrUnknown,
  hasCode,
  lookUp,
  type Numbers,
  type Truth,
} from "./column-loops.js";
import { FALSE, TRUE, UNKNOWN, type FieldColumn, type TextColumn } from "./field-column.js";
import type { Comparison, Expression, NumberFunction } from "./expression.js";

/** Field name -> its column; each has one value a row, or `size` 1 and the same for all rows. */
export type FieldColumns = ReadonlyMap<string, FieldColumn>;

/**
 * (size) 1 where a true-or-false expression is true, 0 where it is false or unknown. One pass over the columns for each
 * part of the expression. A field without a column is unknown everywhere.
 */
export function rowsThatPass(expression: Expression, columns: FieldColumns, size: number): Uint8Array {
  const truth = new Evaluation(columns, size).truth(expression);
  const mask = new Uint8Array(size);
  for (let row = 0; row < size; row++) mask[row] = truth.values[row * truth.stride]! >> 1;
  return mask;
}

/** (size) the values of a number expression; NaN where unknown. */
export function numbersOf(expression: Expression, columns: FieldColumns, size: number): Float64Array {
  const { values, stride } = new Evaluation(columns, size).numbers(expression);
  return stride === 1 ? values : new Float64Array(size).fill(values[0]!);
}

interface Texts extends Pick<TextColumn, "codes" | "texts"> {
  readonly stride: 0 | 1;
}

const ORDERS: Readonly<Record<Comparison, (order: number) => boolean>> = {
  "=": (order) => order === 0,
  "!=": (order) => order !== 0,
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  ">": (order) => order > 0,
  ">=": (order) => order >= 0,
};

const FUNCTIONS: Readonly<Record<NumberFunction, (values: readonly number[]) => number>> = {
  abs: ([value]) => Math.abs(value!),
  min: minOf,
  max: maxOf,
  log: ([value]) => Math.log(value!),
  round: ([value]) => Math.round(value!),
};

const MATCHES = {
  contains: (text: string, part: string) => text.includes(part),
  starts: (text: string, part: string) => text.startsWith(part),
  ends: (text: string, part: string) => text.endsWith(part),
} as const;

/** Evaluates the parts of one expression over one set of columns. */
class Evaluation {
  private readonly columns: FieldColumns;
  private readonly size: number;

  constructor(columns: FieldColumns, size: number) {
    this.columns = columns;
    this.size = size;
  }

  truth(expression: Expression): Truth {
    switch (expression.node) {
      case "boolean":
        return constantTruth(expression.value ? TRUE : FALSE);
      case "field":
        return this.truthField(expression.name);
      case "not": {
        const of = this.truth(expression.of);
        const values = new Uint8Array(of.values.length);
        for (let row = 0; row < values.length; row++) values[row] = TRUE - of.values[row]!;
        return { values, stride: of.stride };
      }
      case "and":
      case "or": {
        const [left, right] = [this.truth(expression.left), this.truth(expression.right)];
        const out = this.truthFor([left, right]);
        combineTruth(out.values, expression.node, left, right);
        return out;
      }
      case "compare":
        return this.comparison(expression.sign, expression.left, expression.right);
      case "in":
        return this.oneOf(expression.of, expression.list);
      case "has":
        return this.membership(expression.list, this.texts(expression.of));
      case "match": {
        const test = MATCHES[expression.how];
        return this.textTest(this.texts(expression.of), this.texts(expression.part), test);
      }
      case "isNull":
        return this.unknown(expression.of);
      case "if": {
        const [test, yes, no] = [this.truth(expression.test), this.truth(expression.yes), this.truth(expression.no)];
        return this.truths([test, yes, no], (row) => {
          const taken = test.values[row * test.stride]!;
          return taken === UNKNOWN ? UNKNOWN : pick(taken === TRUE ? yes : no, row);
        });
      }
      case "coalesce": {
        const of = expression.of.map((value) => this.truth(value));
        return this.truths(of, (row) => {
          const known = of.find((part) => pick(part, row) !== UNKNOWN);
          return known === undefined ? UNKNOWN : pick(known, row);
        });
      }
      default:
        return constantTruth(UNKNOWN);
    }
  }

  numbers(expression: Expression): Numbers {
    switch (expression.node) {
      case "number":
        return { values: Float64Array.of(expression.value), stride: 0 };
      case "field": {
        const column = this.columns.get(expression.name);
        return column?.type === "number"
          ? { values: column.values, stride: this.strideOf(column.values.length) }
          : NO_NUMBER;
      }
      case "arithmetic": {
        const [left, right] = [this.numbers(expression.left), this.numbers(expression.right)];
        const out = this.numbersFor([left, right]);
        combineNumbers(out.values, expression.sign, left, right);
        return out;
      }
      case "call": {
        const of = expression.of.map((value) => this.numbers(value));
        const call = FUNCTIONS[expression.name];
        return this.numberRows(of, (row) => call(of.map((part) => pick(part, row))));
      }
      case "size":
        return this.listSizes(expression.of);
      case "if": {
        const test = this.truth(expression.test);
        const [yes, no] = [this.numbers(expression.yes), this.numbers(expression.no)];
        return this.numberRows([test, yes, no], (row) => {
          const taken = pick(test, row);
          return taken === UNKNOWN ? Number.NaN : pick(taken === TRUE ? yes : no, row);
        });
      }
      case "coalesce": {
        const of = expression.of.map((value) => this.numbers(value));
        return this.numberRows(of, (row) => {
          const known = of.find((part) => !Number.isNaN(pick(part, row)));
          return known === undefined ? Number.NaN : pick(known, row);
        });
      }
      default:
        return NO_NUMBER;
    }
  }

  private texts(expression: Expression): Texts {
    switch (expression.node) {
      case "text":
        return { codes: Int32Array.of(0), texts: [expression.value], stride: 0 };
      case "field": {
        const column = this.columns.get(expression.name);
        return column?.type === "text" ? { ...column, stride: this.strideOf(column.codes.length) } : NO_TEXT;
      }
      case "lower": {
        const of = this.texts(expression.of);
        return { ...of, texts: of.texts.map((text) => text.toLowerCase()) };
      }
      case "if": {
        const test = this.truth(expression.test);
        const parts = [this.texts(expression.yes), this.texts(expression.no)];
        return this.chosenTexts(parts, [test, ...parts], (row) => {
          const taken = pick(test, row);
          return taken === UNKNOWN ? NONE : taken === TRUE ? 0 : 1;
        });
      }
      case "coalesce": {
        const parts = expression.of.map((value) => this.texts(value));
        return this.chosenTexts(parts, parts, (row) => parts.findIndex((part) => codeAt(part, row) !== NONE));
      }
      default:
        return NO_TEXT;
    }
  }

  /** Row by row the text of the part that `choose` names, NONE for unknown. */
  private chosenTexts(
    parts: readonly Texts[],
    read: readonly { readonly stride: 0 | 1 }[],
    choose: (row: number) => number,
  ): Texts {
    const starts = parts.map((_, at) => parts.slice(0, at).reduce((sum, part) => sum + part.texts.length, 0));
    const stride = strideOfAll(read);
    const codes = new Int32Array(stride === 1 ? this.size : 1);
    for (let row = 0; row < codes.length; row++) {
      const chosen = choose(row);
      const code = chosen === NONE ? NONE : codeAt(parts[chosen]!, row);
      codes[row] = code === NONE ? NONE : starts[chosen]! + code;
    }
    return { codes, texts: parts.flatMap((part) => part.texts), stride };
  }

  private comparison(sign: Comparison, left: Expression, right: Expression): Truth {
    const holds = ORDERS[sign];
    if (left.type === "text") {
      return this.textTest(this.texts(left), this.texts(right), (a, b) => holds(a < b ? -1 : a > b ? 1 : 0));
    }
    if (left.type === "boolean") {
      const [a, b] = [this.truth(left), this.truth(right)];
      const out = this.truthFor([a, b]);
      compareTruth(out.values, sign === "=", a, b);
      return out;
    }
    const [a, b] = [this.numbers(left), this.numbers(right)];
    const out = this.truthFor([a, b]);
    compareNumbers(out.values, sign, a, b);
    return out;
  }

  /** Equal to one of the values; texts are looked up once for the whole list. */
  private oneOf(of: Expression, list: readonly Expression[]): Truth {
    if (of.type !== "text" || !list.every((value) => value.node === "text")) {
      return this.either(list.map((value) => this.comparison("=", of, value)));
    }
    const wanted = new Set(list.map((value) => value.value));
    return this.textTable(this.texts(of), (text) => wanted.has(text));
  }

  private textTable(of: Texts, test: (text: string) => boolean): Truth {
    const table = new Uint8Array(of.texts.length + 1).fill(UNKNOWN, 0, 1);
    for (const [at, text] of of.texts.entries()) table[at + 1] = test(text) ? TRUE : FALSE;
    const out = this.truthFor([of]);
    lookUp(out.values, of.codes, of.stride, table);
    return out;
  }

  /** A test of two texts; against one text for all rows, each distinct text is tested once. */
  private textTest(left: Texts, right: Texts, test: (a: string, b: string) => boolean): Truth {
    if (right.stride === 0) {
      const code = right.codes[0]!;
      if (code === NONE) return constantTruth(UNKNOWN);
      return this.textTable(left, (text) => test(text, right.texts[code]!));
    }
    return this.truths([left, right], (row) => {
      const [a, b] = [codeAt(left, row), codeAt(right, row)];
      return a === NONE || b === NONE ? UNKNOWN : test(left.texts[a]!, right.texts[b]!) ? TRUE : FALSE;
    });
  }

  private membership(list: Expression, of: Texts): Truth {
    const column = list.node === "field" ? this.columns.get(list.name) : undefined;
    if (column?.type !== "texts") return constantTruth(UNKNOWN);
    const { offsets, codes, texts } = column;
    const codesOf = of.texts.map((text) => texts.indexOf(text));
    const listStride = this.strideOf(offsets.length - 1);
    if (of.stride === 0 && listStride === 1 && of.codes[0] !== NONE) {
      const out = this.truthFor([{ stride: 1 }]);
      hasCode(out.values, offsets, codes, codesOf[of.codes[0]!]!);
      return out;
    }
    return this.truths([of, { stride: listStride }], (row) => {
      const code = codeAt(of, row);
      const [start, end] = [offsets[row * listStride]!, offsets[row * listStride + 1]!];
      if (code === NONE || start === end) return UNKNOWN;
      for (let p = start; p < end; p++) if (codes[p] === codesOf[code]) return TRUE;
      return FALSE;
    });
  }

  private listSizes(of: Expression): Numbers {
    const column = of.node === "field" ? this.columns.get(of.name) : undefined;
    if (column?.type !== "texts") return NO_NUMBER;
    const { offsets } = column;
    const values = new Float64Array(offsets.length - 1);
    for (let row = 0; row < values.length; row++) values[row] = offsets[row + 1]! - offsets[row]!;
    return { values, stride: this.strideOf(values.length) };
  }

  private unknown(of: Expression): Truth {
    const is = (unknown: boolean): number => (unknown ? TRUE : FALSE);
    if (of.type === "number") {
      const numbers = this.numbers(of);
      return this.truths([numbers], (row) => is(Number.isNaN(pick(numbers, row))));
    }
    if (of.type === "text") {
      const texts = this.texts(of);
      return this.truths([texts], (row) => is(codeAt(texts, row) === NONE));
    }
    if (of.type === "boolean") {
      const truth = this.truth(of);
      return this.truths([truth], (row) => is(pick(truth, row) === UNKNOWN));
    }
    const sizes = this.listSizes(of);
    return this.truths([sizes], (row) => is(!(pick(sizes, row) > 0)));
  }

  private truthField(name: string): Truth {
    const column = this.columns.get(name);
    if (column?.type !== "boolean") return constantTruth(UNKNOWN);
    return { values: column.values, stride: this.strideOf(column.values.length) };
  }

  private either(parts: readonly Truth[]): Truth {
    return parts.reduce((left, right) => {
      const out = this.truthFor([left, right]);
      combineTruth(out.values, "or", left, right);
      return out;
    });
  }

  private truths(read: readonly { readonly stride: 0 | 1 }[], value: (row: number) => number): Truth {
    const out = this.truthFor(read);
    for (let row = 0; row < out.values.length; row++) out.values[row] = value(row);
    return out;
  }

  private numberRows(read: readonly { readonly stride: 0 | 1 }[], value: (row: number) => number): Numbers {
    const out = this.numbersFor(read);
    for (let row = 0; row < out.values.length; row++) out.values[row] = value(row);
    finiteOrUnknown(out.values);
    return out;
  }

  /** Zeros for what is read from these parts: one for all rows, or one a row. */
  private truthFor(read: readonly { readonly stride: 0 | 1 }[]): Truth {
    const stride = strideOfAll(read);
    return { values: new Uint8Array(stride === 1 ? this.size : 1), stride };
  }

  private numbersFor(read: readonly { readonly stride: 0 | 1 }[]): Numbers {
    const stride = strideOfAll(read);
    return { values: new Float64Array(stride === 1 ? this.size : 1), stride };
  }

  private strideOf(length: number): 0 | 1 {
    return length === 1 && this.size !== 1 ? 0 : 1;
  }
}

const NO_NUMBER: Numbers = { values: Float64Array.of(Number.NaN), stride: 0 };
const NO_TEXT: Texts = { codes: Int32Array.of(NONE), texts: [], stride: 0 };

function constantTruth(value: number): Truth {
  return { values: Uint8Array.of(value), stride: 0 };
}

function strideOfAll(parts: readonly { readonly stride: 0 | 1 }[]): 0 | 1 {
  return parts.some(({ stride }) => stride === 1) ? 1 : 0;
}

function pick({ values, stride }: Numbers | Truth, row: number): number {
  return values[row * stride]!;
}

function codeAt({ codes, stride }: Texts, row: number): number {
  return codes[row * stride]!;
}
