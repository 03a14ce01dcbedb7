import {
  fieldColumn,
  PlatformError,
  textsColumn,
  textColumn,
  type FieldColumn,
  type FieldTypes,
  type ValueType,
} from "@sequitur/core";
import { getUsers, userAttributeTypes, type Store } from "@sequitur/store";
import { typeOfValue } from "./item-fields.js";

/** What expressions read of the asker: `user.NAME` is their attribute NAME. */
export interface AskerFields {
  /** Every attribute that some user has, by `user.NAME`. */
  readonly types: FieldTypes;
  /** Those that the asker has: columns of one row. */
  readonly columns: ReadonlyMap<string, FieldColumn>;
  /** Differs where the columns do. */
  readonly key: string;
}

/** Whether a text can name a field of the asker. */
export function mayReadAsker(expression: string): boolean {
  return expression.includes("user.");
}

/** How long the names of attributes are kept, ms; an unknown one is looked up at once, a little apart. */
const KEPT_MS = 60_000;
const APART_MS = 1_000;

/** The attributes of users, as expressions of requests read them. */
export class AskerAttributes {
  private readonly store: Store;
  private kinds: ReadonlyMap<string, readonly string[]> | undefined;
  private readAtMs = -Infinity;

  constructor(store: Store) {
    this.store = store;
  }

  /** Makes the next request look at the names again, after a user was written. */
  forget(): void {
    this.readAtMs = -Infinity;
  }

  /**
   * What the expressions of a request may read of each of its askers; nothing is known of nobody and of users that the store does not have.
   * `bad-config` for an attribute that users have with values of several types.
   */
  async of(userIds: readonly (string | undefined)[], expressions: readonly string[]): Promise<AskerFields[]> {
    const users = await getUsers(this.store, [...new Set(userIds.filter((id) => id !== undefined))]);
    const named = new Set(expressions.flatMap(namesIn));
    const kinds = await this.names(named);
    const types: Record<string, ValueType> = {};
    for (const [name, all] of kinds) {
      const readable = all.filter((kind): kind is ValueType => kind !== "other");
      if (readable.length > 1 && named.has(name)) throw mixed(name, readable);
      if (readable[0] !== undefined) types[`user.${name}`] = readable[0];
    }
    return userIds.map((id) => fieldsOf(types, users.get(id ?? "")?.attributes ?? {}));
  }

  private async names(wanted: ReadonlySet<string>): Promise<ReadonlyMap<string, readonly string[]>> {
    const age = this.store.now() - this.readAtMs;
    const isMissing = [...wanted].some((name) => this.kinds?.has(name) !== true);
    if (this.kinds === undefined || age > KEPT_MS || (isMissing && age > APART_MS)) {
      this.kinds = await userAttributeTypes(this.store);
      this.readAtMs = this.store.now();
    }
    return this.kinds;
  }
}

/** Names after `user.`, in backticks or not; some may stand in a text of the expression, which does no harm. */
function namesIn(expression: string): string[] {
  return [...expression.matchAll(/user\.([^`\s()[\],<>=!+*/"'-]+)|`user\.([^`]+)`/gu)].map(
    ([, plain, quoted]) => quoted ?? plain!,
  );
}

function fieldsOf(types: FieldTypes, attributes: Readonly<Record<string, unknown>>): AskerFields {
  const columns = new Map<string, FieldColumn>();
  for (const [name, type] of Object.entries(types)) {
    const value = attributes[name.slice("user.".length)];
    if (typeOfValue(value) === type) columns.set(name, columnOf(value, type));
  }
  return { types, columns, key: JSON.stringify(attributes) };
}

function columnOf(value: unknown, type: ValueType): FieldColumn {
  if (type === "texts") return textsColumn([value as readonly string[]]);
  return type === "text" ? textColumn([value as string]) : fieldColumn([value as number | boolean]);
}

function mixed(name: string, types: readonly string[]): PlatformError {
  return new PlatformError(
    "bad-config",
    `expression: expected values of one type in the users' attribute ${JSON.stringify(name)}, got ${types.join(" and ")}: ` +
      "write the users again with one of them.",
  );
}
