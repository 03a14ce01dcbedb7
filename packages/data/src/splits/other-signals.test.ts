import {
  HOUR_MS,
  applySignals,
  idTable,
  interactionsFrom,
  listOf,
  parseSignals,
  Random,
  type Interactions,
} from "@sequitur/core";
import { describe, expect, it } from "vitest";
import { splitConfigSchema, splitInteractions } from "./split-interactions.js";

const KINDS = ["view", "purchase", "dislike", "impression"];
const SIGNALS = parseSignals("view=1,purchase=5,dislike=-2,impression=exposure");

function world(seed: number): Interactions {
  const random = new Random(seed);
  const size = 600;
  const ids = (prefix: string, count: number) => idTable(Array.from({ length: count }, (_, at) => `${prefix}${at}`));
  return interactionsFrom(
    { users: ids("u", 20), items: ids("i", 30), itemColumns: {}, kinds: KINDS },
    {
      users: Int32Array.from({ length: size }, () => random.integer(20)),
      items: Int32Array.from({ length: size }, () => random.integer(30)),
      times: Float64Array.from({ length: size }, () => random.integer(500) * HOUR_MS),
      context: { kind: Int32Array.from({ length: size }, () => random.integer(KINDS.length)) },
    },
  );
}

/** (user, item, time) of the rows of a role. */
function rowsOf({ users, items, times, context, size }: Interactions, role: number): string[] {
  return Array.from({ length: size }, (_, row) => row)
    .filter((row) => context.role![row] === role)
    .map((row) => `${users[row]} ${items[row]} ${times[row]}`);
}

describe.each(["leave-one-out", "ratio", "temporal", "trajectory"])("%s with signals", (kind) => {
  const whole = applySignals(world(7), SIGNALS);
  const config = splitConfigSchema.parse({ kind });
  const split = splitInteractions(whole, config);
  const liked = new Set(rowsOf(whole, 1).map((row) => row.split(" ").slice(0, 2).join(" ")));

  it("asks for positives alone, and cuts them as if there were nothing else", () => {
    const { role } = whole.context;
    const rows = Int32Array.from(role!.keys()).filter((row) => role![row] === 1);
    const pick = <T extends Int32Array | Float64Array>(column: T): T =>
      column.filter((_, row) => role![row] === 1) as T;
    expect(rows.length).toBeGreaterThan(0);
    const alone = splitInteractions(
      interactionsFrom(whole.catalog, { users: pick(whole.users), items: pick(whole.items), times: pick(whole.times) }),
      config,
    );
    for (const part of ["validation", "test"] as const) {
      expect(split[part].targets).toEqual(alone[part].targets);
      for (let b = 0; b < split[part].queries.size; b++) {
        const user = split[part].queries.users[b]!;
        for (const item of listOf(split[part].targets, b)) expect(liked.has(`${user} ${item}`)).toBe(true);
      }
    }
    expect(split.train.context.role!.filter((given) => given === 1)).toHaveLength(alone.train.size);
  });

  it("adds the negatives of before the query to its history, in order, and none of after", () => {
    const { queries } = split.test;
    const negatives: number[] = [];
    for (let b = 0; b < queries.size; b++) {
      const [from, to] = [queries.offsets[b]!, queries.offsets[b + 1]!];
      const times = [...queries.times.subarray(from, to)];
      expect(times).toEqual(times.toSorted((x, y) => x - y));
      expect(Math.max(...times)).toBeLessThanOrEqual(queries.now[b]!);
      for (let at = from; at < to; at++) if (queries.roles![at] === -1) negatives.push(queries.values![at]!);
    }
    expect(new Set(negatives)).toEqual(new Set([2]));
  });

  it("trains on nothing that lies behind what is held out", () => {
    const first = new Map<number, number>();
    for (const { queries } of [split.validation, split.test]) {
      for (let b = 0; b < queries.size; b++) {
        const user = queries.users[b]!;
        first.set(user, Math.min(first.get(user) ?? Infinity, queries.now[b]!));
      }
    }
    const { train } = split;
    const others = [...rowsOf(train, -1), ...rowsOf(train, 0)].map((row) => row.split(" ").map(Number));
    expect(others.length).toBeGreaterThan(0);
    const bound = kind === "temporal" || kind === "trajectory" ? Math.min(...split.validation.queries.now) : Infinity;
    for (const [user, , time] of others) expect(time!).toBeLessThan(Math.min(bound, first.get(user!) ?? Infinity));
  });

  it("says what its targets are worth and of which kind", () => {
    const { targets, targetValues, targetKinds } = split.test;
    expect(targetValues).toHaveLength(targets.items.length);
    targetKinds!.forEach((at, place) => expect(targetValues![place]).toBe(KINDS[at] === "purchase" ? 5 : 1));
  });
});
