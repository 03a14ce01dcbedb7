import { nearestName } from "../nearest-name.js";
import type { Comparison, Expression, FieldTypes, NumberFunction, ValueType } from "./expression.js";
import { expressionError, tokensOf, type Token } from "./tokens.js";

const MOST_DEPTH = 100;
const WORDS = [
  "and",
  "or",
  "not",
  "in",
  "is",
  "null",
  "true",
  "false",
  "if",
  "then",
  "else",
  "between",
  "contains",
  "starts",
  "ends",
  "with",
];
const NUMBER_FUNCTIONS: Readonly<Record<NumberFunction, { readonly least: number; readonly most: number }>> = {
  abs: { least: 1, most: 1 },
  min: { least: 1, most: 20 },
  max: { least: 1, most: 20 },
  log: { least: 1, most: 1 },
  round: { least: 1, most: 1 },
};
const FUNCTIONS = [...Object.keys(NUMBER_FUNCTIONS), "lower", "size", "coalesce", "date"];
const NAMES_OF_TYPES: Readonly<Record<ValueType, string>> = {
  number: "a number",
  text: "a text",
  boolean: "true or false",
  texts: "a list of texts",
};

/**
 * Reads an expression such as `price < 10 and "italian" in categories and not in_stock = false` and checks its types
 * against the fields. `bad-config` shows the place, what was expected and, for an unknown name, the nearest one.
 * `type`, when given, is the type that the whole has to have.
 */
export function parseExpression(text: string, fields: FieldTypes, type?: ValueType): Expression {
  const parser = new Parser(text, fields);
  const expression = parser.whole();
  if (type !== undefined && expression.type !== type) {
    throw expressionError(text, 0, `expected ${NAMES_OF_TYPES[type]}, got ${NAMES_OF_TYPES[expression.type]}`);
  }
  return expression;
}

/** Recursive descent: or < and < not < comparison < sum < product < sign < value. Owns the place in the tokens. */
class Parser {
  private readonly text: string;
  private readonly fields: FieldTypes;
  private readonly tokens: readonly Token[];
  private place = 0;
  private depth = 0;

  constructor(text: string, fields: FieldTypes) {
    this.text = text;
    this.fields = fields;
    this.tokens = tokensOf(text);
  }

  whole(): Expression {
    const expression = this.either();
    const rest = this.peek();
    if (rest.kind !== "end") throw this.unexpected(rest, "an operator such as and, or, <, in, or the end");
    return expression;
  }

  private either(): Expression {
    this.depth++;
    if (this.depth > MOST_DEPTH) {
      throw expressionError(this.text, this.peek().at, `nested deeper than ${MOST_DEPTH} levels`);
    }
    let left = this.both();
    while (this.takeWord("or")) {
      const right = this.both();
      left = { node: "or", left: this.boolean(left), right: this.boolean(right), type: "boolean" };
    }
    this.depth--;
    return left;
  }

  private both(): Expression {
    let left = this.negation();
    while (this.takeWord("and")) {
      const right = this.negation();
      left = { node: "and", left: this.boolean(left), right: this.boolean(right), type: "boolean" };
    }
    return left;
  }

  private negation(): Expression {
    let nots = 0;
    while (this.takeWord("not")) nots++;
    const of = this.comparison();
    if (nots === 0) return of;
    const checked = this.boolean(of);
    return nots % 2 === 0 ? checked : { node: "not", of: checked, type: "boolean" };
  }

  private comparison(): Expression {
    const left = this.sum();
    const sign = this.takeComparison();
    if (sign !== undefined) return this.compare(left, sign, this.sum());
    if (this.takeWord("is")) return this.nullTest(left);
    const negated = this.takeWord("not");
    const test = this.wordTest(left);
    if (test === undefined) {
      if (negated) throw this.unexpected(this.peek(), "in, between, contains, starts with or ends with after not");
      return left;
    }
    return negated ? { node: "not", of: test, type: "boolean" } : test;
  }

  private wordTest(left: Expression): Expression | undefined {
    if (this.takeWord("in")) return this.membership(left);
    if (this.takeWord("between")) {
      const low = this.sum();
      this.expectWord("and");
      const high = this.sum();
      return {
        node: "and",
        left: this.compare(left, ">=", low),
        right: this.compare(left, "<=", high),
        type: "boolean",
      };
    }
    if (this.takeWord("contains")) return this.containment(left);
    for (const how of ["starts", "ends"] as const) {
      if (!this.takeWord(how)) continue;
      this.expectWord("with");
      const of = this.typed(left, "text");
      return { node: "match", how, of, part: this.typed(this.sum(), "text"), type: "boolean" };
    }
    return undefined;
  }

  private containment(left: Expression): Expression {
    const part = this.typed(this.sum(), "text");
    if (left.type === "texts") return { node: "has", list: left, of: part, type: "boolean" };
    return { node: "match", how: "contains", of: this.typed(left, "text"), part, type: "boolean" };
  }

  private membership(left: Expression): Expression {
    const open = this.peek();
    const close = this.isSign(open, "(") ? ")" : this.isSign(open, "[") ? "]" : undefined;
    if (close === undefined) {
      const list = this.sum();
      if (list.type !== "texts") {
        throw expressionError(
          this.text,
          open.at,
          `expected a list of texts or values in ( ), got ${NAMES_OF_TYPES[list.type]}`,
        );
      }
      return { node: "has", list, of: this.typed(left, "text"), type: "boolean" };
    }
    this.place++;
    const list: Expression[] = [];
    do list.push(this.sum());
    while (this.takeSign(","));
    this.expectSign(close);
    if (list.length === 1 && list[0]!.type === "texts") {
      return { node: "has", list: list[0]!, of: this.typed(left, "text"), type: "boolean" };
    }
    if (left.type === "texts") throw expressionError(this.text, open.at, "expected contains after a list of texts");
    for (const value of list) this.typed(value, left.type);
    return { node: "in", of: left, list, type: "boolean" };
  }

  private nullTest(of: Expression): Expression {
    const negated = this.takeWord("not");
    this.expectWord("null");
    const test: Expression = { node: "isNull", of, type: "boolean" };
    return negated ? { node: "not", of: test, type: "boolean" } : test;
  }

  private compare(left: Expression, sign: Comparison, right: Expression): Expression {
    const at = this.tokens[this.place - 1]!.at;
    if (left.type !== right.type || left.type === "texts") {
      throw expressionError(
        this.text,
        at,
        `cannot compare ${NAMES_OF_TYPES[left.type]} with ${NAMES_OF_TYPES[right.type]}`,
      );
    }
    if (left.type === "boolean" && sign !== "=" && sign !== "!=") {
      throw expressionError(this.text, at, `true and false have no order; expected = or !=, got ${sign}`);
    }
    return { node: "compare", sign, left, right, type: "boolean" };
  }

  private sum(): Expression {
    let left = this.product();
    for (;;) {
      const sign = this.takeSign("+") ? "+" : this.takeSign("-") ? "-" : undefined;
      if (sign === undefined) return left;
      left = { node: "arithmetic", sign, left: this.number(left), right: this.number(this.product()), type: "number" };
    }
  }

  private product(): Expression {
    let left = this.signed();
    for (;;) {
      const sign = this.takeSign("*") ? "*" : this.takeSign("/") ? "/" : undefined;
      if (sign === undefined) return left;
      left = { node: "arithmetic", sign, left: this.number(left), right: this.number(this.signed()), type: "number" };
    }
  }

  private signed(): Expression {
    let signs = 0;
    while (this.takeSign("-")) signs++;
    const value = this.value();
    if (signs === 0) return value;
    const zero: Expression = { node: "number", value: 0, type: "number" };
    const number = this.number(value);
    return signs % 2 === 0 ? number : { node: "arithmetic", sign: "-", left: zero, right: number, type: "number" };
  }

  private value(): Expression {
    const token = this.peek();
    if (token.kind === "number") {
      this.place++;
      return { node: "number", value: token.value, type: "number" };
    }
    if (token.kind === "text") {
      this.place++;
      return { node: "text", value: token.value, type: "text" };
    }
    if (this.takeSign("(")) {
      const inner = this.either();
      this.expectSign(")");
      return inner;
    }
    if (token.kind === "name") return this.named(token.value, token.at);
    throw this.unexpected(token, "a value, a field or (");
  }

  private named(name: string, at: number): Expression {
    const isPlain = this.text[at] !== "`";
    this.place++;
    if (isPlain && (name === "true" || name === "false")) {
      return { node: "boolean", value: name === "true", type: "boolean" };
    }
    if (isPlain && name === "if") return this.choice();
    if (isPlain && FUNCTIONS.includes(name) && this.isSign(this.peek(), "(")) return this.call(name, at);
    if (Object.hasOwn(this.fields, name)) return { node: "field", name, type: this.fields[name]! };
    if (isPlain && name === "null") {
      throw expressionError(this.text, at, "nothing equals null; write is null or is not null");
    }
    if (isPlain && WORDS.includes(name)) throw expressionError(this.text, at, `expected a value, got the word ${name}`);
    const known = Object.keys(this.fields);
    const near = nearestName(name, known);
    const list = known.length === 0 ? "there are none" : `there are ${known.slice(0, 40).join(", ")}`;
    throw expressionError(
      this.text,
      at,
      `unknown field ${JSON.stringify(name)}${near === undefined ? "" : `; did you mean ${near}?`} (${list})`,
    );
  }

  private choice(): Expression {
    const test = this.boolean(this.either());
    this.expectWord("then");
    const yes = this.either();
    this.expectWord("else");
    const no = this.typed(this.either(), yes.type);
    return { node: "if", test, yes, no, type: yes.type };
  }

  private call(name: string, at: number): Expression {
    this.expectSign("(");
    const of = [this.either()];
    while (this.takeSign(",")) of.push(this.either());
    this.expectSign(")");
    if (name === "coalesce") {
      for (const value of of) this.typed(value, of[0]!.type);
      return { node: "coalesce", of, type: of[0]!.type };
    }
    const limits = Object.hasOwn(NUMBER_FUNCTIONS, name)
      ? NUMBER_FUNCTIONS[name as NumberFunction]
      : { least: 1, most: 1 };
    if (of.length < limits.least || of.length > limits.most) {
      throw expressionError(
        this.text,
        at,
        `${name} takes ${limits.most === 1 ? "one value" : `${limits.least} to ${limits.most} values`}, got ${of.length}`,
      );
    }
    if (name === "lower") return { node: "lower", of: this.typed(of[0]!, "text"), type: "text" };
    if (name === "size") return { node: "size", of: this.typed(of[0]!, "texts"), type: "number" };
    if (name === "date") return this.instant(of[0]!, at);
    return { node: "call", name: name as NumberFunction, of: of.map((value) => this.number(value)), type: "number" };
  }

  /** date("2024-05-01") is an instant in ms, UTC unless the text says otherwise. */
  private instant(of: Expression, at: number): Expression {
    const value = of.node === "text" ? Date.parse(of.value) : Number.NaN;
    if (Number.isNaN(value))
      throw expressionError(this.text, at, 'expected an ISO date in quotes, such as date("2024-05-01")');
    return { node: "number", value, type: "number" };
  }

  private boolean(expression: Expression): Expression {
    return this.typed(expression, "boolean");
  }

  private number(expression: Expression): Expression {
    return this.typed(expression, "number");
  }

  private typed(expression: Expression, type: ValueType): Expression {
    if (expression.type === type) return expression;
    const at = this.tokens[Math.max(0, this.place - 1)]!.at;
    throw expressionError(this.text, at, `expected ${NAMES_OF_TYPES[type]}, got ${NAMES_OF_TYPES[expression.type]}`);
  }

  private takeComparison(): Comparison | undefined {
    const token = this.peek();
    if (token.kind !== "sign") return undefined;
    const sign = token.value === "==" ? "=" : token.value === "<>" ? "!=" : token.value;
    if (!["=", "!=", "<", "<=", ">", ">="].includes(sign)) return undefined;
    this.place++;
    return sign as Comparison;
  }

  private peek(): Token {
    return this.tokens[this.place]!;
  }

  private isSign(token: Token, sign: string): boolean {
    return token.kind === "sign" && token.value === sign;
  }

  private takeSign(sign: string): boolean {
    const found = this.isSign(this.peek(), sign);
    if (found) this.place++;
    return found;
  }

  private expectSign(sign: string): void {
    if (!this.takeSign(sign)) throw this.unexpected(this.peek(), sign);
  }

  private takeWord(word: string): boolean {
    const token = this.peek();
    const found = token.kind === "name" && token.value === word && this.text[token.at] !== "`";
    if (found) this.place++;
    return found;
  }

  private expectWord(word: string): void {
    if (!this.takeWord(word)) throw this.unexpected(this.peek(), word);
  }

  private unexpected(token: Token, wanted: string): Error {
    const got = token.kind === "end" ? "the end" : JSON.stringify(token.value);
    return expressionError(this.text, token.at, `expected ${wanted}, got ${got}`);
  }
}
