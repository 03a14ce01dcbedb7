/**
 * An expression over the attributes of items, after type checks. Values are numbers, texts, booleans and lists of texts;
 * each may be unknown. Anything made of an unknown value is unknown, save that `and`, `or` follow Kleene's logic (false
 * and unknown is false, true or unknown is true), `x is null` is never unknown, and `coalesce` takes the first that is known.
 */
export type ValueType = "number" | "text" | "boolean" | "texts";

/** Field name -> its type; what an expression may name. */
export type FieldTypes = Readonly<Record<string, ValueType>>;

export type Comparison = "=" | "!=" | "<" | "<=" | ">" | ">=";
export type Arithmetic = "+" | "-" | "*" | "/";
export type NumberFunction = "abs" | "min" | "max" | "log" | "round";

interface Typed<T extends ValueType> {
  readonly type: T;
}

export type Expression =
  | ({ readonly node: "number"; readonly value: number } & Typed<"number">)
  | ({ readonly node: "text"; readonly value: string } & Typed<"text">)
  | ({ readonly node: "boolean"; readonly value: boolean } & Typed<"boolean">)
  | { readonly node: "field"; readonly name: string; readonly type: ValueType }
  | ({
      readonly node: "arithmetic";
      readonly sign: Arithmetic;
      readonly left: Expression;
      readonly right: Expression;
    } & Typed<"number">)
  | ({ readonly node: "call"; readonly name: NumberFunction; readonly of: readonly Expression[] } & Typed<"number">)
  | ({ readonly node: "size"; readonly of: Expression } & Typed<"number">)
  | ({ readonly node: "lower"; readonly of: Expression } & Typed<"text">)
  | ({
      readonly node: "compare";
      readonly sign: Comparison;
      readonly left: Expression;
      readonly right: Expression;
    } & Typed<"boolean">)
  | ({
      readonly node: "match";
      readonly how: "contains" | "starts" | "ends";
      readonly of: Expression;
      readonly part: Expression;
    } & Typed<"boolean">)
  | ({ readonly node: "in"; readonly of: Expression; readonly list: readonly Expression[] } & Typed<"boolean">)
  | ({ readonly node: "has"; readonly list: Expression; readonly of: Expression } & Typed<"boolean">)
  | ({ readonly node: "isNull"; readonly of: Expression } & Typed<"boolean">)
  | ({ readonly node: "not"; readonly of: Expression } & Typed<"boolean">)
  | ({ readonly node: "and" | "or"; readonly left: Expression; readonly right: Expression } & Typed<"boolean">)
  | {
      readonly node: "if";
      readonly test: Expression;
      readonly yes: Expression;
      readonly no: Expression;
      readonly type: ValueType;
    }
  | { readonly node: "coalesce"; readonly of: readonly Expression[]; readonly type: ValueType };
