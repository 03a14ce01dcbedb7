/** How deep below a row's top columns are looked for. */
const MAX_DEPTH = 4;

type Fields = Readonly<Record<string, unknown>>;

/** Names of every value in an object, a dot between a structure and its field: `user.id`. Lists are values. */
export function pathsOf(value: Fields, prefix = "", depth = 1): string[] {
  return Object.entries(value).flatMap(([key, inner]) => {
    const path = `${prefix}${key}`;
    return isFields(inner) && depth < MAX_DEPTH ? [path, ...pathsOf(inner, `${path}.`, depth + 1)] : [path];
  });
}

/** The value at a path; a key that itself has dots comes first. Undefined when there is none. */
export function valueAt(value: Fields, path: string): unknown {
  if (Object.hasOwn(value, path)) return value[path];
  for (let dot = path.indexOf("."); dot > 0; dot = path.indexOf(".", dot + 1)) {
    const inner = Object.hasOwn(value, path.slice(0, dot)) ? value[path.slice(0, dot)] : undefined;
    if (isFields(inner)) {
      const found = valueAt(inner, path.slice(dot + 1));
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function isFields(value: unknown): value is Fields {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.getPrototypeOf(value) === Object.prototype
  );
}
