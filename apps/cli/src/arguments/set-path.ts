import { PlatformError } from "@sequitur/core";

/**
 * A copy of a value with one field changed, such as `tune.metric` or `models.ease.config.l2`: a step into a list is a
 * position or the `label`, `name` or `kind` of one of its entries; a missing object on the way is made. `bad-config`
 * when the way is blocked.
 */
export function setPath(target: unknown, path: readonly string[], value: unknown, where: string): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (Array.isArray(target)) {
    const at = positionOf(target, step);
    if (at < 0) {
      throw new PlatformError("bad-config", `${where}: expected a position or name in the list, got "${step}".`);
    }
    return target.map((entry: unknown, i) => (i === at ? setPath(entry, rest, value, where) : entry));
  }
  if (target === undefined) return { [step]: setPath(undefined, rest, value, where) };
  if (typeof target !== "object" || target === null) {
    throw new PlatformError("bad-config", `${where}: "${step}" is not a field of ${JSON.stringify(target)}.`);
  }
  const inner = Object.hasOwn(target, step) ? (target as Record<string, unknown>)[step] : undefined;
  return { ...target, [step]: setPath(inner, rest, value, where) };
}

function positionOf(list: readonly unknown[], step: string): number {
  if (/^\d+$/.test(step)) return Number(step) < list.length ? Number(step) : -1;
  const names = list.map((entry) => {
    const { label, name, kind } = (typeof entry === "object" ? (entry ?? {}) : {}) as Record<string, unknown>;
    return [label, name, kind, entry];
  });
  return names.findIndex((own) => own.includes(step));
}
