import {
  fieldColumn,
  numbersOf,
  parseExpression,
  PlatformError,
  rowsThatPass,
  textColumn,
  textsColumn,
  type Expression,
  type FieldColumn,
  type FieldTypes,
  type ValueType,
} from "@sequitur/core";
import type { AskerFields } from "./asker-fields.js";
import type { ItemRecord } from "./item-directory.js";

/** What every item may have, whatever its attributes. */
const OWN_FIELDS = {
  itemId: "text",
  title: "text",
  categories: "texts",
  latitude: "number",
  longitude: "number",
  availableFrom: "number",
  availableUntil: "number",
  createdAt: "number",
} as const satisfies FieldTypes & Partial<Record<keyof ItemRecord, ValueType>>;
type OwnField = keyof typeof OWN_FIELDS;

/** An expression over the items, and what it may read of the asker as `user.NAME`; absent where it reads nothing. */
export interface ItemExpression {
  readonly text: string;
  readonly asker?: AskerFields | undefined;
}

/** Distinct expressions whose answers are kept until an item changes; the oldest leaves first. */
const MOST_KEPT = 200;

/** The records of a directory, as far as expressions read them. */
export interface FieldSource {
  readonly size: number;
  /** Grows with each change. */
  readonly version: number;
  record(index: number): ItemRecord;
}

/**
 * The fields of all items, for expressions: their own (title, categories, ...) and their attributes, by name or, where an
 * own field has the name, as `attributes.name`. Texts, numbers, booleans and lists of texts can be read. Columns and
 * answers are made when they are asked for and live until an item changes, so that the same filter costs a pass over the
 * catalogue once.
 */
export class ItemFields {
  private readonly source: FieldSource;
  private readonly columns = new Map<string, FieldColumn>();
  private readonly masks = new Map<string, Uint8Array>();
  private readonly numbers = new Map<string, Float64Array>();
  /** Those for one asker, apart: many askers must not push out what all share. */
  private readonly askerMasks = new Map<string, Uint8Array>();
  private readonly askerNumbers = new Map<string, Float64Array>();
  /** Attribute -> how many live items have it with each type. */
  private readonly attributeTypes = new Map<string, Map<ValueType, number>>();
  private version = -1;

  constructor(source: FieldSource) {
    this.source = source;
  }

  /** Counts the attributes of an item that comes (1) or goes (-1). */
  count({ attributes }: ItemRecord, change: 1 | -1): void {
    for (const [name, value] of Object.entries(attributes ?? {})) {
      const type = typeOfValue(value);
      if (type === undefined) continue;
      const counts = this.attributeTypes.get(name) ?? new Map<ValueType, number>();
      const left = (counts.get(type) ?? 0) + change;
      if (left > 0) counts.set(type, left);
      else counts.delete(type);
      if (counts.size > 0) this.attributeTypes.set(name, counts);
      else this.attributeTypes.delete(name);
    }
  }

  /** (size) 1 where the expression is true. `bad-config` when it cannot be read. */
  mask(asked: ItemExpression): Uint8Array {
    const answers = asked.asker === undefined ? this.masks : this.askerMasks;
    return this.kept(answers, asked, () => rowsThatPass(...this.evaluated(asked, "boolean"), this.source.size));
  }

  /** (size) the value of a number expression, NaN where unknown. `bad-config` when it cannot be read. */
  values(asked: ItemExpression): Float64Array {
    const answers = asked.asker === undefined ? this.numbers : this.askerNumbers;
    return this.kept(answers, asked, () => numbersOf(...this.evaluated(asked, "number"), this.source.size));
  }

  private evaluated({ text, asker }: ItemExpression, type: ValueType): [Expression, ReadonlyMap<string, FieldColumn>] {
    const types = { ...this.fieldTypes(), ...asker?.types };
    const expression = parseExpression(text, types, type);
    for (const name of fieldsIn(expression)) {
      if (asker !== undefined && Object.hasOwn(asker.types, name)) continue;
      this.checkOneType(name);
      if (!this.columns.has(name)) this.columns.set(name, this.column(name, types[name]!));
    }
    return [expression, asker === undefined ? this.columns : new Map([...this.columns, ...asker.columns])];
  }

  private kept<T>(answers: Map<string, T>, { text, asker }: ItemExpression, answer: () => T): T {
    this.refresh();
    const key = asker === undefined ? text : `${text}\0${asker.key}`;
    const known = answers.get(key);
    if (known !== undefined) return known;
    const made = answer();
    if (answers.size >= MOST_KEPT) answers.delete(answers.keys().next().value!);
    answers.set(key, made);
    return made;
  }

  private refresh(): void {
    if (this.version === this.source.version) return;
    this.version = this.source.version;
    for (const kept of [this.columns, this.masks, this.numbers, this.askerMasks, this.askerNumbers]) kept.clear();
  }

  private fieldTypes(): FieldTypes {
    const entries = [...this.attributeTypes].map(([name, counts]) => [name, counts.keys().next().value!] as const);
    const named = entries.map(([name, type]) => [`attributes.${name}`, type] as const);
    return Object.fromEntries([...named, ...entries, ...Object.entries(OWN_FIELDS)]);
  }

  private checkOneType(name: string): void {
    if (Object.hasOwn(OWN_FIELDS, name)) return;
    const types = [...(this.attributeTypes.get(attributeOf(name))?.keys() ?? [])];
    if (types.length < 2) return;
    throw new PlatformError(
      "bad-config",
      `expression: expected values of one type in the attribute ${JSON.stringify(attributeOf(name))}, got ${types.toSorted().join(" and ")}: ` +
        "write the items again with one of them.",
    );
  }

  private column(name: string, type: ValueType): FieldColumn {
    const key = attributeOf(name);
    const valueOf = Object.hasOwn(OWN_FIELDS, name)
      ? (record: ItemRecord): unknown => record[name as OwnField]
      : (record: ItemRecord): unknown => record.attributes?.[key];
    const values: unknown[] = [];
    for (let index = 0; index < this.source.size; index++) {
      const value = valueOf(this.source.record(index));
      values.push(typeOfValue(value) === type ? value : null);
    }
    if (type === "texts") return textsColumn(values.map((value) => (value as readonly string[] | null) ?? []));
    if (type === "text") return textColumn(values as (string | null)[]);
    return fieldColumn(values as (number | boolean | null)[]);
  }
}

function attributeOf(name: string): string {
  return name.startsWith("attributes.") ? name.slice("attributes.".length) : name;
}

/** The type of an attribute's value; undefined where expressions cannot read it. */
export function typeOfValue(value: unknown): ValueType | undefined {
  if (typeof value === "number") return "number";
  if (typeof value === "string") return "text";
  if (typeof value === "boolean") return "boolean";
  return Array.isArray(value) && value.every((part) => typeof part === "string") ? "texts" : undefined;
}

/** Every field that an expression reads. */
function fieldsIn(expression: Expression): ReadonlySet<string> {
  const names = new Set<string>();
  const parts: unknown[] = [expression];
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    if (typeof part !== "object" || part === null) continue;
    const { node, name } = part as Partial<Extract<Expression, { readonly node: "field" }>>;
    if (node === "field" && name !== undefined) names.add(name);
    for (const value of Object.values(part)) parts.push(value);
  }
  return names;
}
