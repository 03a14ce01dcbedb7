import {
  clicksOf,
  interactionsFrom,
  NONE,
  slateLogFrom,
  type Catalog,
  type Interactions,
  type SlateLog,
} from "@sequitur/core";
import type { Outcomes, World } from "@sequitur/simulator";

/** What the platform has learnt so far: the world's history, and every slate whose outcome is known. */
export interface KnownLog {
  add(outcomes: Outcomes): void;
  slates(): SlateLog;
  /** History and clicks, what models of plain interactions are fitted on. */
  interactions(): Interactions;
}

/** An empty log over a world's history. */
export function knownLog({ catalog, history }: World): KnownLog {
  const all: Outcomes[] = [];
  const slates = (): SlateLog => slateLogOf(catalog, all);
  return {
    add: (outcomes) => void all.push(outcomes),
    slates,
    interactions: () => merged(catalog, history, clicksOf(slates())),
  };
}

function slateLogOf(catalog: Catalog, all: readonly Outcomes[]): SlateLog {
  const rows = all.flatMap(({ batch, slates, clicks }) =>
    slates.map((slate, b) => ({ slate, user: batch.users[b]!, time: batch.now[b]!, click: clicks[b] ?? NONE })),
  );
  const offsets = new Int32Array(rows.length + 1);
  for (const [row, { slate }] of rows.entries()) offsets[row + 1] = offsets[row]! + slate.items.length;
  const items = new Int32Array(offsets.at(-1)!);
  const propensities = new Float64Array(items.length);
  for (const [row, { slate }] of rows.entries()) {
    items.set(slate.items, offsets[row]);
    propensities.set(slate.propensities, offsets[row]);
  }
  return slateLogFrom(catalog, {
    users: Int32Array.from(rows, ({ user }) => user),
    times: Float64Array.from(rows, ({ time }) => time),
    clicks: Int32Array.from(rows, ({ click }) => click),
    offsets,
    items,
    propensities,
  });
}

function merged(catalog: Catalog, a: Interactions, b: Interactions): Interactions {
  return interactionsFrom(catalog, {
    users: joined(a.users, b.users),
    items: joined(a.items, b.items),
    times: joined(a.times, b.times),
  });
}

function joined<T extends Int32Array | Float64Array>(a: T, b: T): T {
  const Column = a.constructor as new (length: number) => T;
  const out = new Column(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}
